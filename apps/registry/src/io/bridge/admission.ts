// What is read in the cluster, on its way into the store: admitted as what a user creates, with all that it refers to.

import { SlipwayError, resourceKind, type KubeObject, type ObjectKey, type Write } from '@slipway/contracts';
import type { AdmissionLimits } from '../../core/admission/limits.js';
import { asStored, keyText, type BridgedRun } from '../../core/bridge/bridged-run.js';
import { referencesOf } from '../../core/bridge/references.js';
import { decodeBody, validated } from '../../http/admit.js';
import { freshObject } from '../../http/fresh.js';
import type { ObjectStore } from '../object-store.js';
import { objectOf } from '../owner-tree.js';
import type { ClusterRuns } from './cluster-runs.js';

/** More than this no run refers to that is meant to run. */
const MAX_DEFINITIONS = 500;

/**
 * The writes that store a run: its definitions as the cluster has them now, then the run.
 *
 * Errors: `invalid` for what Slipway does not accept; those of the cluster.
 */
export async function writesOf(
  run: BridgedRun,
  key: ObjectKey,
  cluster: ClusterRuns,
  store: Pick<ObjectStore, 'getMany'>,
  limits: AdmissionLimits,
): Promise<Write[]> {
  const object = admitted(asStored(run), key, limits);
  const definitions = await definitionsOf(object, cluster, limits);
  const stored = await store.getMany(definitions.map((one) => one.key));
  const writes = definitions.flatMap(({ key: of, object: now }, index): Write[] => {
    const before = stored[index];
    if (now === undefined) return before === undefined ? [] : [{ op: 'delete', key: of, uid: before.uid }];
    if (before === undefined) return [{ op: 'create', object: now }];
    const { resourceVersion, uid } = objectOf(before).metadata;
    return [{ op: 'update', object: { ...now, metadata: { ...now.metadata, resourceVersion, uid } } as KubeObject }];
  });
  return [...writes, { op: 'create', object }];
}

interface Definition {
  key: ObjectKey;
  /** Undefined: the cluster has none. */
  object: KubeObject | undefined;
}

/** What the object refers to, and what that refers to, and so on: each once. */
async function definitionsOf(object: KubeObject, cluster: ClusterRuns, limits: AdmissionLimits): Promise<Definition[]> {
  const found = new Map<string, Definition>();
  let next = referencesOf(object);
  while (next.length > 0) {
    const fresh = next.filter((key) => !found.has(keyText(key)));
    if (found.size + fresh.length > MAX_DEFINITIONS) {
      throw new SlipwayError(
        'invalid',
        'TooManyDefinitions',
        `more than ${MAX_DEFINITIONS} definitions are referred to`,
      );
    }
    const read = await Promise.all(
      fresh.map(async (key): Promise<Definition> => {
        const there = await cluster.get<KubeObject>(key);
        return { key, object: there === undefined ? undefined : admitted(definitionOf(there), key, limits) };
      }),
    );
    for (const one of read) found.set(keyText(one.key), one);
    next = read.flatMap((one) => (one.object === undefined ? [] : referencesOf(one.object)));
  }
  return [...found.values()];
}

/** What a definition says; whose it is in the cluster is of no importance here. */
function definitionOf({ metadata, ...rest }: KubeObject): KubeObject {
  const { name, namespace, labels, annotations } = metadata;
  return {
    ...rest,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
}

function admitted(object: KubeObject, key: ObjectKey, limits: AdmissionLimits): KubeObject {
  const kind = resourceKind(key.resource)!;
  try {
    const body = { value: object, duplicates: [] };
    const decoded = decodeBody(kind, kind.storageVersion, body, 'Ignore').object;
    return validated(kind, freshObject(kind, decoded, key.namespace), limits);
  } catch (cause) {
    if (!(cause instanceof SlipwayError)) throw cause;
    throw new SlipwayError(cause.kind, cause.reason, `${kind.kind} "${key.name}": ${cause.message}`, { cause });
  }
}
