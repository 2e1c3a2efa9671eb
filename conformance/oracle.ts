// What the platform stored for a file, held against what a real Tekton stored for the same file.
//
//   O1. Names that end in chance, and those that are hashed from such, are replaced by their place: `run0/build`.
//   O2. Times, uids, commits and digests are replaced by what they are.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  durationMs,
  formatDuration,
  type ChildReference,
  type KubeObject,
  type PipelineRun,
  type TaskRun,
} from '@slipway/contracts';
import type { Kubectl } from './kubectl.js';
import { ORACLE_DIFFERENCES } from './oracle-differences.js';
import type { ConformanceFile } from './set.js';

/** One run, as it was recorded; the fields that are compared. */
export interface SeenRun {
  name: string;
  labels?: Record<string, string>;
  ownerReferences?: string[];
  conditions?: object[];
  results?: { name: string }[];
  taskSpec?: object;
  pipelineSpec?: object;
  childReferences?: ChildReference[];
  skippedTasks?: object[];
  steps?: SeenStep[];
  sidecars?: { name: string; container?: string }[];
  podName?: string;
}
interface SeenStep {
  name: string;
  container?: string;
  terminated?: { exitCode: number; reason?: string };
  terminationReason?: string;
  results?: object[];
}
export interface Seen {
  pipelineRuns: SeenRun[];
  taskRuns: SeenRun[];
}

/** What was recorded of the file; undefined where nothing was. Only v1 has been recorded. */
export function recordedFor(data: string, { set, name, decision }: ConformanceFile): Seen | undefined {
  if (set !== 'tekton-v1' || decision.unrecorded !== undefined) return undefined;
  const file = join(data, 'oracle', `${name.replace(/\.yaml$/, '').replaceAll('/', '__')}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Seen) : undefined;
}

/** What the platform stored in the namespace, in the form of the recording. */
export async function storedIn(kubectl: Kubectl, namespace: string): Promise<Seen> {
  const list = async (kind: string): Promise<SeenRun[]> => {
    const { items } = await kubectl.json<{ items: KubeObject[] }>(['--namespace', namespace, 'get', kind]);
    return items.map((item) => seen(JSON.parse(JSON.stringify(item).replaceAll(namespace, 'NAMESPACE')) as KubeObject));
  };
  return { pipelineRuns: await list('pipelineruns'), taskRuns: await list('taskruns') };
}

/** Every place in which the two differ, as `place: theirs …, ours …`; empty when they are the same. */
export function differences(theirs: Seen, ours: Seen): string[] {
  const adapted = ORACLE_DIFFERENCES.reduce((one, { adapt }) => adapt(one, ours), theirs);
  const [left, right] = [comparable(adapted), comparable(ours)];
  const places = [...new Set([...left.keys(), ...right.keys()])].sort();
  return places.flatMap((place) => {
    const [their, our] = [left.get(place), right.get(place)];
    if (isDeepStrictEqual(their, our)) return [];
    return [`${place}: theirs ${JSON.stringify(their) ?? 'nothing'}, ours ${JSON.stringify(our) ?? 'nothing'}`];
  });
}

function seen({ metadata, ...object }: KubeObject): SeenRun {
  const { status = {} } = object as { status?: NonNullable<PipelineRun['status'] & TaskRun['status']> };
  const { conditions, results, taskSpec, pipelineSpec, childReferences, skippedTasks, podName, steps, sidecars } =
    status;
  return plain({
    name: metadata.name,
    labels: metadata.labels,
    ownerReferences: (metadata.ownerReferences ?? []).map(({ kind, name }) => `${kind}/${name}`),
    ...{ conditions, results, taskSpec, pipelineSpec, childReferences, skippedTasks, podName, steps, sidecars },
  }) as SeenRun;
}

/** The listed keys of a stored object: everything else, such as times, is left out. */
function pick(from: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)));
}

/** The fields of every run by place: `run0/build conditions`. */
function comparable({ pipelineRuns, taskRuns }: Seen): Map<string, unknown> {
  const names = placesOf([...pipelineRuns, ...taskRuns]); // O1
  const text = (value: string): string => {
    let replaced = value;
    for (const [name, place] of names) replaced = replaced.replaceAll(name, place);
    return masked(replaced);
  };
  const fields = new Map<string, unknown>();
  for (const run of [...pipelineRuns, ...taskRuns]) {
    const { name, labels = {}, ownerReferences, steps, sidecars, conditions, ...rest } = run;
    const place = names.find(([known]) => known === name)?.[1] ?? name;
    const put = (field: string, value: unknown): void => {
      const deep = plain(mapText(value, text));
      if (!isEmpty(deep)) fields.set(`${place} ${field}`, deep);
    };
    put('labels', Object.fromEntries(Object.entries(labels).filter(([key]) => !key.startsWith('slipway.dev/'))));
    put('ownerReferences', ownerReferences);
    put(
      'conditions',
      conditions?.map((condition) => pick(condition, ['type', 'status', 'reason', 'message'])),
    );
    put(
      'steps',
      steps?.map((step) => ({
        ...pick(step, ['name', 'container', 'terminationReason', 'results']),
        ...(step.terminated && { terminated: pick(step.terminated, ['exitCode', 'reason']) }),
      })),
    );
    put(
      'sidecars',
      sidecars?.map((sidecar) => pick(sidecar, ['name', 'container'])),
    );
    put('podName', rest.podName);
    put('results', rest.results && [...rest.results].sort((a, b) => (a.name < b.name ? -1 : 1)));
    put('skippedTasks', rest.skippedTasks);
    put('childReferences', sortedChildren(rest.childReferences));
    put('taskSpec', rest.taskSpec);
    put('pipelineSpec', rest.pipelineSpec);
  }
  return fields;
}

/** Names and their places, longest names first, so that one which begins another is not replaced inside it. */
function placesOf(runs: readonly SeenRun[]): [name: string, place: string][] {
  const places = new Map<string, string>();
  const visit = (run: SeenRun, place: string): void => {
    places.set(run.name, place);
    if (run.podName !== undefined) places.set(run.podName, `${place}-pod`);
    const seenTasks = new Map<string, number>();
    for (const child of sortedChildren(run.childReferences) ?? []) {
      const task = child.pipelineTaskName ?? '';
      const at = seenTasks.get(task) ?? 0;
      seenTasks.set(task, at + 1);
      const object = runs.find(({ name }) => name === child.name);
      const childPlace = `${place}/${task}${at === 0 ? '' : `#${at}`}`;
      if (object === undefined) places.set(child.name, childPlace);
      else visit(object, childPlace);
    }
  };
  const roots = runs.filter(({ ownerReferences }) => (ownerReferences ?? []).length === 0);
  roots.sort((a, b) => (a.name < b.name ? -1 : 1)).forEach((run, i) => visit(run, `run${i}`));
  return [...places].sort(([a], [b]) => b.length - a.length);
}

/** By task, and by number where a task fanned out; Tekton's own order is that of a map. */
function sortedChildren(children: ChildReference[] | undefined): ChildReference[] | undefined {
  const key = ({ pipelineTaskName, name }: ChildReference): string =>
    `${pipelineTaskName ?? ''} ${(/\d+$/.exec(name)?.[0] ?? '').padStart(6, '0')}`;
  return children && [...children].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** O2: each kind of text that differs from run to run. */
const MASKS: readonly [pattern: RegExp, mask: string][] = [
  [/@sha256:[0-9a-f]{64}/g, ''],
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID'],
  [/\b[0-9a-f]{64}\b/g, 'DIGEST'],
  [/\b[0-9a-f]{40}\b/g, 'COMMIT'],
  [/^1\d{9}\n?$/, 'TIME'],
  [/^\w{3} \w{3} +\d+ \d\d:\d\d:\d\d .*\d{4}\n?$/, 'DATE'],
];

function masked(text: string): string {
  if (text.length > 1000) return `${text.length} characters`;
  const ms = /^\d/.test(text) && /[hms]$/.test(text) ? durationMs(text) : undefined;
  if (ms !== undefined) return formatDuration(ms); // `60s` and `1m0s`
  return MASKS.reduce((one, [pattern, mask]) => one.replace(pattern, mask), text);
}

function mapText(value: unknown, text: (value: string) => string): unknown {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return value.map((item) => mapText(item, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapText(item, text)]));
}

/** Without what one side writes and the other leaves out: null, empty texts, lists and objects. Keys are sorted. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, item]) => [key, plain(item)] as const)
    .filter(([, item]) => !isEmpty(item));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
