// `GET pods/<name>/log`: the lines of one container, as the kubelet's API gives them.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  PODS,
  SlipwayError,
  timeOf,
  type ContainerState,
  type LogLine,
  type Pod,
  type ReadLogReply,
  type ReadLogRequest,
} from '@slipway/contracts';
import type { LogReader } from '../io/logs.js';
import type { ObjectStore } from '../io/object-store.js';
import { flag, type Answer, type ApiRequest } from './exchange.js';
import type { ResourceTarget } from './request-target.js';
import { parseStored } from './versions.js';
import { notFound } from './read.js';

interface LogOptions {
  namespace: string;
  podUid: string;
  container: string;
  follow: boolean;
  timestamps: boolean;
  /** First line, as in ReadLogRequest. */
  from: number;
  /** Only what comes after the lines that are there. */
  skipPresent: boolean;
  sinceTime: string | undefined;
  limitBytes: number;
}

/** Lines of one answer of the logs service. */
const PAGE_LINES = 1_000;
/** How long one question of a follower waits for the next line. */
const FOLLOW_WAIT_MS = 15_000;
/** The last lines of a container that has ended may still be on their way: so long does a reader wait for them. */
const SETTLE_MS = 3_000;
/** How long a followed log goes on asking while the logs service is away. */
const AWAY_MS = 60_000;

export async function podLogs(
  store: ObjectStore,
  logs: LogReader,
  target: ResourceTarget,
  request: ApiRequest,
  nowMs: number,
): Promise<Answer> {
  const stored = await store.get({ resource: PODS, namespace: target.namespace, name: target.name });
  if (stored === undefined) throw notFound({ plural: 'pods', group: '' }, target.name);
  const pod = parseStored(stored) as Pod;
  const container = containerOf(pod, request.query.get('container') ?? '');
  const state = stateOf(pod, container);
  requireStarted(pod, container, state, flag(request.query, 'previous'));
  const options = { ...optionsOf(request.query, nowMs), namespace: target.namespace, podUid: stored.uid, container };
  // Asked before the answer begins: what goes wrong now can still be said with a Status.
  const first = await logs.read({ ...questionOf(options), waitMs: 0 });
  const lines = readLines(logs, options, first, state?.terminated !== undefined, request.signal);
  return {
    kind: 'stream',
    status: 200,
    contentType: 'text/plain',
    chunks: limited(rendered(lines, options.timestamps), options.limitBytes),
    longRunning: options.follow,
  };
}

/** The container that is meant. Errors in the words of the API server, which kubectl shows. */
function containerOf(pod: Pod, asked: string): string {
  const names = (pod.spec.containers ?? []).map(({ name }) => name);
  const inits = (pod.spec.initContainers ?? []).map(({ name }) => name);
  if (asked !== '') {
    if (names.includes(asked) || inits.includes(asked)) return asked;
    throw new SlipwayError('invalid', 'BadRequest', `container ${asked} is not valid for pod ${pod.metadata.name}`);
  }
  const chosen = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (chosen !== undefined && names.includes(chosen)) return chosen;
  const [only] = names;
  if (only !== undefined && names.length + inits.length === 1) return only;
  const choice = `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names.join(' ')}]`;
  const initChoice = inits.length === 0 ? '' : ` or one of the init containers: [${inits.join(' ')}]`;
  throw new SlipwayError('invalid', 'BadRequest', choice + initChoice);
}

function stateOf(pod: Pod, container: string): ContainerState | undefined {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  return statuses.find(({ name }) => name === container)?.state;
}

function requireStarted(pod: Pod, container: string, state: ContainerState | undefined, previous: boolean): void {
  const where = `container "${container}" in pod "${pod.metadata.name}"`;
  // Containers here start once: what runs again runs in a pod of its own.
  if (previous) throw new SlipwayError('invalid', 'BadRequest', `previous terminated ${where} not found`);
  if (state?.running !== undefined || state?.terminated !== undefined) return;
  const reason = state?.waiting?.reason ?? (pod.status?.phase === 'Pending' ? 'ContainerCreating' : undefined);
  throw new SlipwayError(
    'invalid',
    'BadRequest',
    reason === undefined ? `${where} is not available` : `${where} is waiting to start: ${reason}`,
  );
}

function optionsOf(query: URLSearchParams, nowMs: number): Omit<LogOptions, 'namespace' | 'podUid' | 'container'> {
  const tail = wholeNumber(query, 'tailLines', 0);
  const sinceSeconds = wholeNumber(query, 'sinceSeconds', 1);
  const limitBytes = wholeNumber(query, 'limitBytes', 1);
  const sinceTime = query.get('sinceTime') ?? undefined;
  if (sinceSeconds !== undefined && sinceTime !== undefined)
    throw badOption('sinceSeconds', 'at most one of `sinceTime` or `sinceSeconds` may be specified');
  if (sinceTime !== undefined && Number.isNaN(Date.parse(sinceTime)))
    throw badOption('sinceTime', 'must be a time as in RFC 3339');
  return {
    follow: flag(query, 'follow'),
    timestamps: flag(query, 'timestamps'),
    from: tail === undefined ? 0 : -Math.max(tail, 1),
    skipPresent: tail === 0,
    sinceTime: sinceSeconds === undefined ? sinceTime : timeOf(nowMs - sinceSeconds * 1000),
    limitBytes: limitBytes ?? Infinity,
  };
}

function wholeNumber(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text) || Number(text) < least)
    throw badOption(name, `must be a whole number of at least ${least}`);
  return Number(text);
}

function badOption(field: string, message: string): SlipwayError {
  return new SlipwayError('invalid', 'Invalid', message, {
    problems: [{ field, reason: 'FieldValueInvalid', message: `Invalid value: ${message}` }],
  });
}

/** Pages of lines until the log ends, or, without `follow`, until there is no more for now. */
async function* readLines(
  logs: LogReader,
  options: LogOptions,
  first: ReadLogReply,
  hasEnded: boolean,
  signal: AbortSignal,
): AsyncGenerator<LogLine[]> {
  const { follow } = options;
  let reply: ReadLogReply | undefined = first;
  let from = options.from;
  let skip = options.skipPresent;
  let settleUntilMs: number | undefined;
  let awaySinceMs: number | undefined;
  while (!signal.aborted) {
    try {
      const waitMs = follow ? FOLLOW_WAIT_MS : hasEnded ? SETTLE_MS : 0;
      reply ??= await logs.read({ ...questionOf(options), from, waitMs });
      awaySinceMs = undefined;
    } catch (error) {
      // A follower outlives a restart of the logs service: it knows the line to go on from.
      awaySinceMs ??= Date.now();
      const isAway = error instanceof SlipwayError && error.kind === 'transient';
      if (!isAway || !follow || Date.now() - awaySinceMs > AWAY_MS) throw error;
      await sleep(500, undefined, { signal, ref: false }).catch(() => undefined);
      continue;
    }
    from = reply.next;
    const isEmpty = reply.lines.length === 0;
    if (!isEmpty && !skip) yield reply.lines;
    if (reply.end) return;
    if (isEmpty && !follow) {
      settleUntilMs ??= Date.now() + SETTLE_MS;
      if (!hasEnded || Date.now() >= settleUntilMs) return;
    }
    if (skip && !follow && !hasEnded) return;
    skip = false;
    reply = undefined;
  }
}

function questionOf({ namespace, podUid, container, from, sinceTime }: LogOptions): Omit<ReadLogRequest, 'waitMs'> {
  const since = sinceTime === undefined ? {} : { sinceTime };
  return { namespace, podUid, container, from, maxLines: PAGE_LINES, ...since };
}

async function* rendered(pages: AsyncIterable<LogLine[]>, timestamps: boolean): AsyncGenerator<string> {
  let isContinued = false;
  for await (const lines of pages) {
    let text = '';
    for (const line of lines) {
      if (timestamps && !isContinued) text += `${line.time} `;
      isContinued = line.partial === true;
      text += isContinued ? line.text : `${line.text}\n`;
    }
    yield text;
  }
}

async function* limited(chunks: AsyncIterable<string>, limitBytes: number): AsyncGenerator<string | Uint8Array> {
  let leftBytes = limitBytes;
  for await (const chunk of chunks) {
    const sizeBytes = Buffer.byteLength(chunk);
    if (sizeBytes < leftBytes) {
      leftBytes -= sizeBytes;
      yield chunk;
      continue;
    }
    yield sizeBytes === leftBytes ? chunk : Buffer.from(chunk).subarray(0, leftBytes);
    return;
  }
}
