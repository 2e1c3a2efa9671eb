// Who may do what on the bus: a user for each service, with the subjects that its work takes and no others.
//
//   U1. Replies come to inboxes of one's own: nobody hears what another was answered. Who answers may write to any inbox,
//       and nowhere else. Not by `allow_responses`: nats-server then remembers every message that it gave the user with a
//       reply subject, all of a stream's too, and looks through all of two minutes for each that is new.
//   U2. Services make the streams that they use; only the registry changes what is there.
//   U3. Followers make nameless consumers only, so that nobody's durable can be made another.
//
// What this leaves open: who may follow a stream may take a message of somebody's durable. It cannot acknowledge it, so it
// comes again. Durables of the logs service are named as its replicas, which nobody knows here: it may touch any of its streams.

import {
  CUSTOM_RUNS_RPC,
  LOGS_RPC,
  RESOURCES_RPC,
  STORE_RPC,
  leasesSubject,
  logsPeerRpc,
  type LeasedService,
} from '@slipway/contracts';
import { CHANGES, CONSUMERS, DEAD, LOGS, STREAMS, type ConsumerSpec } from './streams.js';

export type BusService = 'registry' | 'scheduler' | 'executor' | 'resources' | 'logs';

interface Role {
  /** Streams that it publishes to. */
  fills: readonly string[];
  /** Streams that it follows without acknowledgements. */
  follows: readonly string[];
  /** Requests that it sends, and those that it answers. */
  asks: readonly string[];
  answers: readonly string[];
  /** Whose calls to its replicas it hears: it works on shards. */
  leases?: LeasedService;
}

/** Whose replicas the registry calls when shards move. */
const LEASED: readonly LeasedService[] = ['scheduler', 'executor', 'resources'];

const { admit, ...objects } = STORE_RPC;

/** What replicas of the logs service ask each other. */
const LOGS_PEERS = Object.values(logsPeerRpc('*'));

/** What whoever keeps objects asks. */
const OBJECTS = Object.values(objects);

const ROLES: Record<BusService, Role> = {
  registry: {
    fills: [CHANGES],
    follows: [CHANGES],
    asks: [LOGS_RPC.read],
    answers: [...Object.values(STORE_RPC), ...Object.values(CUSTOM_RUNS_RPC)],
  },
  scheduler: { fills: [], follows: [CHANGES], asks: [...OBJECTS, admit], answers: [], leases: 'scheduler' },
  executor: {
    fills: [LOGS],
    follows: [CHANGES],
    asks: [...OBJECTS, admit, ...Object.values(RESOURCES_RPC), ...Object.values(LOGS_RPC)],
    answers: [],
    leases: 'executor',
  },
  resources: {
    fills: [],
    follows: [CHANGES],
    asks: OBJECTS,
    answers: Object.values(RESOURCES_RPC),
    leases: 'resources',
  },
  logs: {
    fills: [],
    follows: [],
    asks: [STORE_RPC.list, ...LOGS_PEERS],
    answers: [...Object.values(LOGS_RPC), ...LOGS_PEERS],
  },
};

/** Begins every inbox, those of users from outside too. */
export const INBOX_PREFIX = '_INBOX.';

/** In the order in which they stand in configurations. */
export const BUS_SERVICES = Object.keys(ROLES) as BusService[];

/** Whether the service may change streams that are there (U2). */
export function keepsStreams(service: BusService): boolean {
  return service === 'registry';
}

/** Names of the streams that a service needs, and so makes where they are missing (U2). */
export function streamsOf(service: BusService): string[] {
  const { fills, follows } = ROLES[service];
  const consumed = consumersOf(service).map(({ stream }) => stream);
  const used = new Set([...fills, ...follows, ...consumed, ...(consumed.length > 0 ? [DEAD] : [])]);
  return STREAMS.map(({ name }) => name).filter((name) => keepsStreams(service) || used.has(name));
}

/** What a user may publish and subscribe to, as NATS has it. */
export interface BusRights {
  publish: string[];
  subscribe: string[];
}

export function rightsOf(service: BusService): BusRights {
  const { fills, follows, asks, answers, leases } = ROLES[service];
  const consumed = consumersOf(service);
  return {
    publish: [
      ...STREAMS.filter(({ name }) => fills.includes(name)).flatMap(({ subjects }) => subjects),
      ...(consumed.length > 0 ? ['dead.>'] : []),
      ...asks,
      ...(answers.length > 0 ? [`${INBOX_PREFIX}>`] : []), // U1
      ...(service === 'registry' ? LEASED.map(leasesSubject) : []),
      ...streamsOf(service).map((stream) => `$JS.API.STREAM.CREATE.${stream}`),
      ...(keepsStreams(service)
        ? STREAMS.flatMap(({ name }) => ['INFO', 'UPDATE', 'DELETE'].map((verb) => `$JS.API.STREAM.${verb}.${name}`))
        : []),
      ...follows.flatMap((stream) => [
        ...(keepsStreams(service) ? [] : [`$JS.API.STREAM.INFO.${stream}`]),
        `$JS.API.STREAM.MSG.GET.${stream}`,
        `$JS.API.CONSUMER.CREATE.${stream}`, // U3
        `$JS.API.CONSUMER.INFO.${stream}.*`,
        `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
      ]),
      ...consumed.flatMap(({ stream, filter }) => [
        `$JS.API.STREAM.INFO.${stream}`,
        `$JS.API.CONSUMER.CREATE.${stream}.*${filter === undefined ? '' : `.${filter}`}`,
        `$JS.API.CONSUMER.INFO.${stream}.*`,
        `$JS.API.CONSUMER.LIST.${stream}`,
        `$JS.API.CONSUMER.DELETE.${stream}.*`,
        `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
        `$JS.ACK.${stream}.*.>`,
      ]),
    ],
    subscribe: [...answers, ...(leases === undefined ? [] : [leasesSubject(leases)]), `${inboxPrefixOf(service)}.>`],
  };
}

/** Where the replies to a user's requests come (U1). */
export function inboxPrefixOf(user: string): string {
  return `${INBOX_PREFIX}${user.replace(/[^A-Za-z0-9_-]/g, '_')}`;
}

/** Of any of its replicas: their names are not known here. */
function consumersOf(service: BusService): ConsumerSpec[] {
  return CONSUMERS.map((of) => of('any')).filter((consumer) => consumer.service === service);
}

/** `NATS_REGISTRY_PASSWORD`: the variable in which nats-server finds the password of a user. */
export function passwordVariable(service: BusService): string {
  return `NATS_${service.toUpperCase()}_PASSWORD`;
}

/** A user as an entry of `authorization { users: [ … ] }` of nats-server's configuration. */
export function userConfig(service: BusService, password: string): string {
  const { publish, subscribe } = rightsOf(service);
  const list = (subjects: readonly string[]): string => `[\n${subjects.map((one) => `      "${one}"\n`).join('')}    ]`;
  return [
    '{',
    `  user: ${service}, password: ${password}`,
    '  permissions: {',
    `    publish: ${list(publish)}`,
    `    subscribe: ${list(subscribe)}`,
    '  }',
    '}',
    '',
  ].join('\n');
}

/** The file of an installation: all users, each with its password in a variable of the environment. */
export function usersConfig(): string {
  const users = BUS_SERVICES.map((service) => userConfig(service, `$${passwordVariable(service)}`));
  return [
    '# Made by "npm run nats:users" from packages/bus/src/users.ts, where it is said why.',
    'authorization: { users: [',
    ...users.map((user) => user.trimEnd()),
    '] }',
    '',
  ].join('\n');
}
