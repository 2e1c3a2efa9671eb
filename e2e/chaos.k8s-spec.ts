// Every service twice, each replica in a network of its own, pods in a real cluster. Replicas are killed, stopped for longer
// than their leases, and cut off from NATS, PostgreSQL or the API server, at random moments, several at once. After each
// round every run has ended as it would have, every step ran once, its log is whole, and no pod is left; and whatever the
// fault, shards were without an owner for ten seconds at most.
//
// CHAOS_ROUNDS says how many rounds (default 3), CHAOS_SEED the first one's seed: a round that failed can be had again.

import { mkdirSync, readFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  isDone,
  succeeded,
  type Build,
  type KubeObject,
  type PipelineRun,
  type Pod,
  type TaskRun,
} from '@slipway/contracts';
import { eventually, seeded } from '@slipway/testing';
import { nameOf, planFaults, tellFault, type Fault } from './chaos/faults.js';
import { expectedLines, journalProblems, workOf, type Work } from './chaos/load.js';
import { Moves, type Move } from './chaos/moves.js';
import { Replicated } from './chaos/replicas.js';

const ROUNDS = Number(process.env['CHAOS_ROUNDS'] ?? 3);
const FIRST_SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
const COPIES = { registry: 2, scheduler: 2, executor: 2, resources: 2, logs: 2 };
const LEASED = ['scheduler', 'executor', 'resources'];
const NAMESPACE = `slipway-chaos-${process.pid}`;
const MOVE_LIMIT_MS = 10_000;
const ROUND_MS = 90_000;

const kubeconfig = process.env['E2E_KUBECONFIG']!;
const run = promisify(execFile);
const kubectl = async (...args: string[]): Promise<string> =>
  (await run('kubectl', ['--kubeconfig', kubeconfig, '-n', NAMESPACE, ...args], { maxBuffer: 64 << 20 })).stdout;

let world: Replicated;
let moves: Moves;
let journal: string;
const faults: Fault[] = [];

beforeAll(async () => {
  const entrypointImage = process.env['ENTRYPOINT_IMAGE']!;
  world = await Replicated.start({ kubeconfig, entrypointImage, copies: COPIES });
  moves = new Moves(world);
  journal = join(world.folder, 'journal');
  mkdirSync(journal, { mode: 0o777 });
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await Promise.all([
    kubectl('create', 'namespace', NAMESPACE),
    world.call('/api/v1/namespaces', { method: 'POST', body: namespace }),
  ]);
}, 300_000);

afterAll(async () => {
  await moves?.stop();
  await world?.stop();
  await kubectl('delete', 'namespace', NAMESPACE, '--wait=false', '--ignore-not-found');
  process.stderr.write(`${report(faults, moves?.done ?? [])}\n`);
}, 120_000);

test.each(Array.from({ length: ROUNDS }, (_, i) => FIRST_SEED + i))(
  'two replicas of each service survive what happens to them (seed %d)',
  async (seed) => {
    await balanced();
    const random = seeded(seed);
    const works = workOf(`r${seed}`, journal, random);
    const planned = planFaults(COPIES, random);
    const told = `seed ${seed}: ${planned.map(tellFault).join(', ')}`;
    const startedMs = Date.now();
    const mistreated = Promise.all(planned.map(inflict));
    await Promise.all([mistreated, ...works.map(submit)]);
    faults.push(...planned);

    for (const work of works) {
      const problems = await problemsOf(work);
      expect([told, work.name, problems]).toEqual([told, work.name, []]);
    }
    await moves.settled(30_000);
    await recovered();
    await Promise.all(
      works.map(({ api, plural, name }) => world.call(pathOf({ api, plural }, name), { method: 'DELETE' })),
    );
    expect([told, await podsLeft()]).toEqual([told, []]);
    const slow = moves.done
      .filter(({ tookMs }) => tookMs > MOVE_LIMIT_MS)
      .map(({ fault, tookMs }) => [tellFault(fault), tookMs]);
    expect([told, slow]).toEqual([told, []]);
    process.stderr.write(`${told}; ${((Date.now() - startedMs) / 1000).toFixed(1)} s\n`);
  },
  ROUND_MS + 60_000,
);

async function inflict(fault: Fault): Promise<void> {
  await sleep(fault.atMs);
  if (fault.kind === 'kill-nats') {
    await world.nats.kill();
    await sleep(fault.lastsMs);
    return world.nats.start();
  }
  const { process, segment } = world.replica(fault.replica);
  const over = moves.began(fault);
  if (fault.kind === 'cut') await segment.cut(world.endpoints[fault.from], fault.direction);
  else if (fault.kind === 'pause') process.signal('SIGSTOP');
  else await process.kill();
  await sleep(fault.lastsMs);
  if (fault.kind === 'cut') await segment.heal(world.endpoints[fault.from], fault.direction);
  else if (fault.kind === 'pause') process.signal('SIGCONT');
  else process.launch();
  over();
}

/** Every replica does its work again. */
async function recovered(): Promise<void> {
  await Promise.all(world.replicas.map(({ process }) => process.ready()));
}

/** The pods that are there though their runs are not, once they had time to go. */
/** Those that nobody has deleted: how long a node takes to end one is its own affair, up to its next look at all pods. */
async function podsLeft(): Promise<string[]> {
  let left: string[] = [];
  await eventually(
    async () => {
      const { items } = JSON.parse(await kubectl('get', 'pods', '-o', 'json')) as { items: Pod[] };
      left = items
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map(({ metadata }) => metadata.name);
      return left.length === 0;
    },
    { deadlineMs: 60_000 },
  ).catch(() => undefined);
  return left;
}

/** The shards of each service are shared by its replicas. */
async function balanced(): Promise<void> {
  await eventually(
    async () => {
      const alive = (await world.leases()).filter(({ isAlive }) => isAlive);
      const holders = new Set(alive.map(({ holder }) => holder));
      return LEASED.every((service) => holders.has(`${service}-0`) && holders.has(`${service}-1`));
    },
    { deadlineMs: 30_000, what: 'the shards to be shared' },
  );
}

function pathOf({ api, plural }: Pick<Work, 'api' | 'plural'>, name = ''): string {
  return `/${api}/namespaces/${NAMESPACE}/${plural}${name === '' ? '' : `/${name}`}`;
}

async function submit(work: Work): Promise<void> {
  const { kind, name, spec, cancel } = work;
  const apiVersion = work.api.replace('apis/', '');
  const body = { apiVersion, kind, metadata: { name, namespace: NAMESPACE }, spec };
  await world.call(pathOf(work), { method: 'POST', body });
  if (cancel === undefined) return;
  await sleep(cancel.afterMs);
  const patch = { contentType: 'application/merge-patch+json', body: { spec: { status: cancel.status } } };
  await world.call(pathOf(work, name), { method: 'PATCH', ...patch });
}

/** What is wrong with a run once it has ended. */
async function problemsOf(work: Work): Promise<string[]> {
  let seen: PipelineRun | TaskRun | Build | undefined;
  const late = await eventually(
    async () => {
      seen = await world.call<PipelineRun | TaskRun | Build>(pathOf(work, work.name));
      return isDone(seen);
    },
    { deadlineMs: ROUND_MS, what: `${work.name} to end` },
  ).then(
    () => undefined,
    (error: unknown) => `${String(error)}: ${JSON.stringify(seen?.status)}`,
  );
  if (late !== undefined) return [late];
  const ended = seen!;
  const { status, reason = '', message = '' } = succeeded(ended) ?? {};
  if (work.kind === 'Build' ? status !== 'True' : reason !== work.reason) return [`it ended as ${reason}: ${message}`];
  const results = Object.fromEntries(
    ((ended as PipelineRun).status?.results ?? []).map(({ name, value }) => [name, value]),
  );
  const wrongResults = Object.entries(work.results ?? {})
    .filter(([name, value]) => results[name] !== value)
    .map(([name]) => `result ${name} is ${JSON.stringify(results[name])}`);
  const lines = work.steps.length === 0 ? [] : readFileSync(join(journal, work.name), 'utf8').trimEnd().split('\n');
  return [...wrongResults, ...journalProblems(work, lines), ...(await logProblems(work))];
}

/** Every step's log has every line, once, in order. */
async function logProblems(work: Work): Promise<string[]> {
  if (work.steps.length === 0) return [];
  const { items } = await world.call<{ items: KubeObject[] }>(`/api/v1/namespaces/${NAMESPACE}/pods`);
  const pods = items.filter(({ metadata }) => metadata.name.startsWith(`${work.name}-`));
  const printed = new Map<string, string[]>();
  for (const pod of pods) {
    for (const { name } of (pod as KubeObject & { spec: { containers: { name: string }[] } }).spec.containers) {
      const path = `/api/v1/namespaces/${NAMESPACE}/pods/${pod.metadata.name}/log`;
      const lines = (await world.text(path, { container: name, follow: 'true' }))
        .split('\n')
        .filter((line) => line !== '');
      const entry = lines[0]?.split(' ')[0] ?? '';
      printed.set(entry, lines);
    }
  }
  return work.steps.flatMap((entry) => {
    const lines = printed.get(entry) ?? [];
    return JSON.stringify(lines) === JSON.stringify(expectedLines(entry))
      ? []
      : [`the log of ${entry} is ${JSON.stringify(lines)}`];
  });
}

function report(inflicted: readonly Fault[], moved: readonly Move[]): string {
  const count = new Map<string, number>();
  for (const fault of inflicted) count.set(nameOf(fault), (count.get(nameOf(fault)) ?? 0) + 1);
  const longest = moved.reduce<Move | undefined>(
    (most, move) => (most && most.tookMs >= move.tookMs ? most : move),
    undefined,
  );
  return [
    `chaos: ${ROUNDS} rounds from seed ${FIRST_SEED}; ${[...count].map(([what, times]) => `${times} × ${what}`).join(', ')}`,
    `shards moved ${moved.length} times, the slowest in ${((longest?.tookMs ?? 0) / 1000).toFixed(1)} s` +
      (longest === undefined ? '' : ` (${tellFault(longest.fault)})`),
  ].join('\n');
}
