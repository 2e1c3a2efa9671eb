// The user of each service on a real nats-server: what its work takes it may do, what is another's it may not.

import { PermissionViolationError, connect } from '@nats-io/transport-node';
import {
  BUS_SERVICES,
  CHANGES,
  LOGS,
  STREAMS,
  connectBus,
  logsConsumer,
  podDeletionsConsumer,
  rightsOf,
  type Bus,
  type BusService,
} from '@slipway/bus';
import { eventually } from './eventually.js';
import { startTestNats, type TestNats } from './nats.js';

type Operation = PermissionViolationError['operation'];

describe('users of the services', () => {
  let nats: TestNats;
  const closers: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    nats = await startTestNats();
  });
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
  });
  afterAll(() => nats.close());

  async function busOf(service: BusService): Promise<Bus> {
    const bus = await connectBus({ url: nats.urlOf(service), name: service, service });
    closers.push(() => bus.close());
    return bus;
  }

  /** Of a list of subjects those that the server refuses the user, without our client's manners. */
  async function refusedOf(service: BusService, how: Operation, subjects: readonly string[]): Promise<string[]> {
    const { username: user, password: pass, host } = new URL(nats.urlOf(service));
    const nc = await connect({ servers: host, user, pass, inboxPrefix: `_INBOX.${service}` });
    closers.push(() => nc.close());
    const refused = new Set<string>();
    const take = (error: unknown): void => {
      if (error instanceof PermissionViolationError && error.operation === how) refused.add(error.subject);
    };
    void (async () => {
      for await (const status of nc.status()) if (status.type === 'error') take(status.error);
    })();
    for (const subject of subjects) {
      if (how === 'publish') nc.publish(subject);
      else nc.subscribe(subject, { callback: take });
    }
    await nc.flush(); // the server has refused by then what it refuses
    await new Promise(setImmediate);
    return subjects.filter((subject) => refused.has(subject));
  }

  test('each makes the streams that it uses on a server that has none', async () => {
    const fresh = await startTestNats();
    try {
      for (const service of [...BUS_SERVICES].reverse()) {
        const bus = await connectBus({ url: fresh.urlOf(service), name: service, service });
        await bus.close();
      }
      const all = await connectBus({ url: fresh.url, name: 'all' });
      await all.publish('dead.c.s', {}, { id: 'd' });
      await all.close();
    } finally {
      await fresh.close();
    }
  });

  test('changes reach those who follow them', async () => {
    const registry = await busOf('registry');
    for (const service of ['registry', 'scheduler', 'executor', 'resources'] as const) {
      const bus = await busOf(service);
      const seen: string[] = [];
      await bus.follow({
        stream: CHANGES,
        startAt: 'new',
        handle: (message) => void seen.push(message.subject),
        onBroken: () => undefined,
      });
      await registry.publish('change.1.pods.team.p', { service }, { id: `for-${service}` });
      await eventually(() => seen.length > 0, { what: `${service} hears of it` });
    }
  });

  test('log lines reach the logs service, which also hears of pods and buries what it cannot take', async () => {
    const [registry, executor, logs] = await Promise.all([busOf('registry'), busOf('executor'), busOf('logs')]);
    const seen: string[] = [];
    const handle = (_: unknown, { subject }: { subject: string }): Promise<void> => {
      seen.push(subject);
      return Promise.resolve();
    };
    await logs.consume({ ...logsConsumer('logs-0'), handle });
    await logs.consume({ ...podDeletionsConsumer('logs-0'), handle });
    await executor.publish('log.1.team.uid.step-a', {}, { id: 'l1' });
    await registry.publish('change.1.pods.team.q', {}, { id: 'c1' });
    await eventually(() => seen.includes('log.1.team.uid.step-a') && seen.includes('change.1.pods.team.q'));
    expect((await logs.streamState(LOGS)).durables.map(({ name }) => name)).toEqual(['logs-0']);
    await logs.removeDurable(LOGS, 'logs-0');
  });

  test('questions are answered over a user’s own inbox', async () => {
    const [registry, scheduler] = await Promise.all([busOf('registry'), busOf('scheduler')]);
    const logs = await busOf('logs');
    await logs.serve('logs.peer.logs-0.copy', 'logs-0', () => Promise.resolve('copied'));
    expect(await logs.request('logs.peer.logs-0.copy', 1)).toBe('copied');
    await registry.serve('store.get', 'registry', (data) => Promise.resolve({ got: data }));
    expect(await scheduler.request('store.get', 1)).toEqual({ got: 1 });
  });

  test('an answer goes to an inbox, not where the question would have it written', async () => {
    const registry = await busOf('registry');
    const all = await connectBus({ url: nats.url, name: 'all' });
    closers.push(() => all.close());
    let asked = 0;
    await registry.serve('store.get', 'registry', () => Promise.resolve({ nr: ++asked }));
    const before = await all.streamState(CHANGES);
    const { username: user, password: pass, host } = new URL(nats.urlOf('scheduler'));
    const nc = await connect({ servers: host, user, pass, inboxPrefix: '_INBOX.scheduler' });
    closers.push(() => nc.close());
    const question = JSON.stringify({ pattern: 'store.get', data: {}, id: '1' });
    nc.publish('store.get', question, { reply: 'change.1.pods.team.forged' });
    const answer = await nc.request('store.get', question); // answered after it, were both
    expect(answer.json()).toMatchObject({ response: { nr: 1 } });
    expect(await all.streamState(CHANGES)).toEqual(before);
  });

  test.each(BUS_SERVICES)('%s is refused what another may publish and it may not', async (service) => {
    const own = new Set(rightsOf(service).publish);
    const others = BUS_SERVICES.flatMap((one) => rightsOf(one).publish).filter((subject) => !own.has(subject));
    const tried = [...new Set(others)].map((subject) => subject.replaceAll('*', 'x').replace(/>$/, 'x.y'));
    const foreign = tried.filter((subject) => ![...own].some((right) => covers(right, subject)));
    expect(foreign.length).toBeGreaterThan(3);
    expect(await refusedOf(service, 'publish', foreign)).toEqual(foreign);
  });

  test.each(BUS_SERVICES)('%s is refused what is nobody’s', async (service) => {
    const streams = STREAMS.flatMap(({ name }) =>
      ['PURGE', 'MSG.DELETE', 'SNAPSHOT'].map((verb) => `$JS.API.STREAM.${verb}.${name}`),
    );
    const foreign = [...streams, '$SYS.REQ.SERVER.PING', '$JS.API.CONSUMER.CREATE.CHANGES.of-somebody', 'anything'];
    expect(await refusedOf(service, 'publish', foreign)).toEqual(foreign);
  });

  test.each(BUS_SERVICES)('%s hears neither streams nor questions nor answers of others', async (service) => {
    const own = rightsOf(service).subscribe;
    const others = BUS_SERVICES.flatMap((one) => rightsOf(one).subscribe).filter((subject) => !own.includes(subject));
    const foreign = [...new Set(others), '>', 'change.>', 'log.>', 'dead.>', '_INBOX.>', '$JS.>', '$SYS.>'];
    expect(await refusedOf(service, 'subscription', foreign)).toEqual(foreign);
  });
});

/** Whether a right with wildcards holds for a subject without. */
function covers(right: string, subject: string): boolean {
  const tokens = subject.split('.');
  const pattern = right.split('.');
  return (
    pattern.every((part, i) => part === '>' || part === '*' || part === tokens[i]) &&
    (pattern.at(-1) === '>' ? tokens.length >= pattern.length : tokens.length === pattern.length)
  );
}
