// Brings the objects of the user's files to a platform.
//
//   A1. Every object passes the server's dry run before the first one is created: a mistake anywhere creates nothing.
//   A2. Runs are created, everything else is created or replaced; what others wrote into labels and annotations stays.
//   A3. What runs refer to is there before they are.

import { resourceNameOf, SlipwayError, type KubeObject } from '@slipway/contracts';
import type { ApiClient } from '../api/client.js';
import { objectPath } from '../api/paths.js';
import { runKindOfResource, type RunRef } from '../api/run-kind.js';
import type { SourceObject } from './documents.js';
import { inputError, placeText, type InputProblem } from './problems.js';

export interface ApplyOptions {
  /** Namespace of objects that name none. */
  namespace: string;
  /** The platform is ours and empty: namespaces that no file makes are made too. */
  makeNamespaces: boolean;
  /** `task/build created`. */
  onApplied: (line: string) => void;
}

const STRICT = { fieldValidation: 'Strict', fieldManager: 'slipway' };
const DRY = { ...STRICT, dryRun: 'All' };
/** The order of A3; kinds that are not listed come in the middle. */
const FIRST = [
  'Namespace',
  'Secret',
  'ConfigMap',
  'ServiceAccount',
  'PersistentVolumeClaim',
  'PipelineResource',
  'Condition',
];
const AT_ONCE = 16;
const NOT_CREATED = '; nothing was created';

/** Applies all objects and returns the runs among them. Throws all problems at once, with their lines; then nothing was created. */
export async function applyObjects(
  client: ApiClient,
  sources: readonly SourceObject[],
  options: ApplyOptions,
): Promise<RunRef[]> {
  refuseRepeated(sources, options.namespace);
  const ordered = [...sources].sort((one, other) => rankOf(one) - rankOf(other));
  const made = new Set(
    ordered.filter(({ kind }) => kind.kind === 'Namespace').map(({ object }) => object.metadata.name),
  );
  if (options.makeNamespaces) await makeNamespaces(client, ordered, made, options.namespace);
  const problems = await inBatches(ordered, (source) => problemsOf(client, source, made, options.namespace));
  if (problems.flat().length > 0) throw inputError(problems.flat(), NOT_CREATED);
  const runs: RunRef[] = [];
  for (const source of ordered) {
    const { verb, object } = await apply(client, source, options.namespace);
    options.onApplied(`${source.kind.singular}/${object.metadata.name} ${verb}`);
    if (!isRun(source)) continue;
    runs.push({
      kind: source.kind.kind as RunRef['kind'],
      namespace: object.metadata.namespace ?? options.namespace,
      name: object.metadata.name,
    });
  }
  return runs;
}

export function isRun(source: Pick<SourceObject, 'kind'>): boolean {
  return runKindOfResource(resourceNameOf(source.kind)) !== undefined;
}

async function makeNamespaces(
  client: ApiClient,
  sources: readonly SourceObject[],
  made: Set<string>,
  fallback: string,
): Promise<void> {
  const used = new Set(sources.flatMap((source) => (source.kind.namespaced ? [namespaceOf(source, fallback)] : [])));
  for (const name of used) {
    if (made.has(name) || name === 'default') continue;
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    await client.call('/api/v1/namespaces', { method: 'POST', body }).catch(ignore('exists', 'invalid'));
  }
}

async function problemsOf(
  client: ApiClient,
  source: SourceObject,
  made: ReadonlySet<string>,
  fallback: string,
): Promise<InputProblem[]> {
  try {
    const namespace = namespaceOf(source, fallback);
    // Its namespace will be there when it is created; for now any that exists will do.
    const stand = made.has(namespace) ? 'default' : namespace;
    await write(client, source, stand, DRY);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof SlipwayError) || !isAboutInput(thrown)) throw thrown;
    return problemsIn(thrown, source);
  }
}

function isAboutInput(error: SlipwayError): boolean {
  return ['invalid', 'exists', 'not-found', 'forbidden', 'too-large'].includes(error.kind);
}

async function apply(
  client: ApiClient,
  source: SourceObject,
  fallback: string,
): Promise<{ verb: string; object: KubeObject }> {
  try {
    return await write(client, source, namespaceOf(source, fallback), STRICT);
  } catch (thrown) {
    if (!(thrown instanceof SlipwayError) || !isAboutInput(thrown)) throw thrown;
    throw inputError(problemsIn(thrown, source));
  }
}

/** Creates the object, or replaces the one that is there (A2). */
async function write(
  client: ApiClient,
  source: SourceObject,
  namespace: string,
  query: Record<string, string>,
): Promise<{ verb: string; object: KubeObject }> {
  const { kind, version } = source;
  const metadata = { ...source.object.metadata, ...(kind.namespaced ? { namespace } : {}) };
  const body = { ...source.object, metadata };
  try {
    const object = await client.call<KubeObject>(objectPath(kind, version, namespace), { method: 'POST', query, body });
    return { verb: 'created', object };
  } catch (thrown) {
    if (!(thrown instanceof SlipwayError) || thrown.kind !== 'exists' || isRun(source)) throw thrown;
  }
  const path = objectPath(kind, version, namespace, metadata.name);
  for (let attempt = 1; ; attempt++) {
    const there = await client.call<KubeObject>(path);
    const { labels, annotations, resourceVersion, uid } = there.metadata;
    const merged = {
      ...metadata,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(uid === undefined ? {} : { uid }),
      labels: { ...labels, ...metadata.labels },
      annotations: { ...annotations, ...metadata.annotations },
    };
    try {
      const object = await client.call<KubeObject>(path, { method: 'PUT', query, body: { ...body, metadata: merged } });
      return { verb: object.metadata.resourceVersion === resourceVersion ? 'unchanged' : 'configured', object };
    } catch (thrown) {
      if (!(thrown instanceof SlipwayError) || thrown.kind !== 'conflict' || attempt === 5) throw thrown;
    }
  }
}

function problemsIn(error: SlipwayError, source: SourceObject): InputProblem[] {
  const unknown = [...error.message.matchAll(/unknown field "([^"]+)"|duplicate field "([^"]+)"/g)];
  const fields = unknown.map((match) => ({ field: match[1] ?? match[2] ?? '', message: match[0] }));
  const causes =
    error.problems.length > 0 ? error.problems : fields.length > 0 ? fields : [{ field: '', message: error.message }];
  const hint =
    error.kind === 'exists'
      ? 'Give the run a metadata.generateName instead of a name, or delete the one that is there.'
      : error.hint;
  return causes.map(({ field, message }) => {
    const { place, value } = source.find(field);
    return {
      place,
      field: `${nameOf(source)}${field === '' ? '' : ` ${field}`}`,
      message,
      ...(value === undefined || field === '' ? {} : { value }),
      ...(hint === undefined ? {} : { hint }),
    };
  });
}

function nameOf({ object }: SourceObject): string {
  return `${object.kind} "${object.metadata.name || object.metadata.generateName}"`;
}

function refuseRepeated(sources: readonly SourceObject[], fallback: string): void {
  const first = new Map<string, SourceObject>();
  const problems: InputProblem[] = [];
  for (const source of sources) {
    if (!source.object.metadata.name) continue;
    const key = [resourceNameOf(source.kind), namespaceOf(source, fallback), source.object.metadata.name].join('/');
    const before = first.get(key);
    if (before === undefined) first.set(key, source);
    else {
      const message = `It is defined a second time; the first is in ${placeText(before.place)}.`;
      problems.push({ place: source.place, field: nameOf(source), message, hint: 'Remove or rename one of the two.' });
    }
  }
  if (problems.length > 0) throw inputError(problems, NOT_CREATED);
}

function rankOf(source: SourceObject): number {
  if (isRun(source)) return FIRST.length + 1;
  const rank = FIRST.indexOf(source.kind.kind);
  return rank < 0 ? FIRST.length : rank;
}

function namespaceOf(source: SourceObject, fallback: string): string {
  return source.kind.namespaced ? (source.object.metadata.namespace ?? fallback) : '';
}

async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}

function ignore(...kinds: string[]): (thrown: unknown) => void {
  return (thrown) => {
    if (!(thrown instanceof SlipwayError) || !kinds.includes(thrown.kind)) throw thrown;
  };
}
