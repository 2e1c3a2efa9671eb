// The cluster resolver: an object of this platform.
//
//   C1. A namespace is a tenant. A request sees its own namespace, and others only where the operator opened them.

import { createHash } from 'node:crypto';
import { PIPELINES, STEP_ACTIONS, SlipwayError, TASKS, type KubeObject } from '@slipway/contracts';
import type { Store } from '@slipway/store';
import { unresolvable, type Resolver } from './resolver.js';

export interface ClusterNamespaces {
  /** Open to every tenant; `*` is all of them. */
  allowed: readonly string[];
  /** Closed to every other namespace, even when `allowed` says `*`. */
  blocked: readonly string[];
}

const RESOURCES = { task: TASKS, pipeline: PIPELINES, stepaction: STEP_ACTIONS };
const KINDS = ['task', 'pipeline', 'stepaction'] as const;

export function clusterResolver(store: Pick<Store, 'get'>, namespaces: ClusterNamespaces): Resolver {
  return async (params, context) => {
    const kind = params.oneOf('kind', KINDS, 'task');
    const name = params.required('name');
    const namespace = params.optional('namespace') ?? context.namespace;
    params.done();
    if (namespace !== context.namespace) checkOpen(namespace, namespaces); // C1
    const object = await store.get<KubeObject & { spec?: unknown }>(RESOURCES[kind], namespace, name);
    if (object === undefined) throw unresolvable(`the ${kind} "${name}" does not exist in namespace "${namespace}"`);
    const { apiVersion, spec, metadata } = object;
    const { labels, annotations } = metadata;
    const shown = {
      apiVersion,
      kind: object.kind,
      metadata: {
        name,
        namespace,
        ...(labels === undefined ? {} : { labels }),
        ...(annotations === undefined ? {} : { annotations }),
      },
      spec,
    };
    const sha256 = createHash('sha256').update(JSON.stringify(spec)).digest('hex');
    const uri = `/apis/${apiVersion}/namespaces/${namespace}/${kind}/${name}@${metadata.uid}`;
    return {
      data: Buffer.from(JSON.stringify(shown)),
      refSource: { uri, digest: { sha256 } },
      annotations: { 'resolution.tekton.dev/name': name, 'resolution.tekton.dev/namespace': namespace },
    };
  };
}

function checkOpen(namespace: string, { allowed, blocked }: ClusterNamespaces): void {
  const isBlocked = blocked.includes(namespace) || blocked.includes('*');
  const isAllowed = allowed.includes(namespace) || allowed.includes('*');
  if (isAllowed && !isBlocked) return;
  const why = isBlocked ? 'is blocked' : 'is not allowed';
  throw new SlipwayError('forbidden', 'NamespaceRefused', `access to specified namespace ${namespace} ${why}`, {
    hint: 'The operator opens namespaces with CLUSTER_RESOLVER_NAMESPACES.',
  });
}
