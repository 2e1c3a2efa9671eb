// Remote references: a definition that stands elsewhere is asked for by a ResolutionRequest, and the answer is its status.
//
//   R1. Who needs the same definition for the same owner makes a request of the same name, so that asking twice is asking
//       once, and everything under one run gets one and the same answer.

import { SHARD_LABEL, succeeded, type KubeObject, type OwnerReference } from './kube.js';
import { md5Hex } from './md5.js';
import { RESOLVER_LABEL, type ResolutionRequest } from './resolution-request.js';
import type { ObjectRef, Param, RefSource } from './tekton.js';

/** The resolvers that the resources service has; others may be served by outside controllers. */
export const RESOLVERS = ['bundles', 'cluster', 'git', 'http', 'hub'] as const;
export type ResolverName = (typeof RESOLVERS)[number];

/** A document may be this large: in base64, and with the rest of the request, it fits a stored object. Bytes. */
export const MAX_DOCUMENT_BYTES = 1_050_000;

/** A reference that another place answers. */
export interface RemoteRef {
  resolver: string;
  params: Param[];
}

/** What a definition may be asked for as. */
export type RemoteKind = 'Task' | 'Pipeline' | 'StepAction';

/** The remote reference in a `taskRef`, `pipelineRef` or `ref`; undefined when it names an object of its namespace. */
export function remoteRefOf(ref: ObjectRef | undefined, kind: RemoteKind): RemoteRef | undefined {
  if (ref === undefined) return undefined;
  if (ref.resolver !== undefined && ref.resolver !== '') return { resolver: ref.resolver, params: ref.params ?? [] };
  if (ref.bundle === undefined || ref.bundle === '') return undefined;
  // v1beta1 of 2021: `bundle` beside `name`, before there were resolvers.
  const param = (name: string, value: string): Param => ({ name, value });
  const params = [param('bundle', ref.bundle), param('name', ref.name ?? ''), param('kind', kind.toLowerCase())];
  return { resolver: 'bundles', params };
}

/** Whose request it is: the run that everything else follows from. */
export interface RemoteOwner {
  namespace: string;
  reference: OwnerReference;
  /** Value of the run's shard label. */
  shard: string;
}

/** The owner of the requests of a run: of a TaskRun its PipelineRun where it has one, else the run itself (R1). */
export function remoteOwnerOf(run: KubeObject, shard: number): RemoteOwner {
  const { namespace = '', name, uid = '', ownerReferences = [] } = run.metadata;
  const parent = ownerReferences.find(({ kind, controller }) => kind === 'PipelineRun' && controller === true);
  const self = { apiVersion: run.apiVersion, kind: run.kind, name, uid, controller: true, blockOwnerDeletion: true };
  const reference = run.kind === 'PipelineRun' ? self : (parent ?? self);
  return { namespace, reference, shard: String(shard) };
}

/** The request for a reference; its name follows from owner, resolver and params. */
export function resolutionRequestFor(owner: RemoteOwner, ref: RemoteRef): ResolutionRequest {
  const params = ref.params;
  return {
    apiVersion: 'resolution.tekton.dev/v1beta1',
    kind: 'ResolutionRequest',
    metadata: {
      name: resolutionRequestName(owner, ref),
      namespace: owner.namespace,
      labels: { [RESOLVER_LABEL]: ref.resolver, [SHARD_LABEL]: owner.shard },
      ownerReferences: [owner.reference],
    },
    spec: params.length === 0 ? {} : { params },
  };
}

/** Room for a hyphen and 32 hexadecimal digits in a name of 63. */
const PREFIX_MAX = 30;

/** `<resolver>-<hash>` as Tekton's, of at most 63 characters however long the resolver's name is. */
function resolutionRequestName(owner: RemoteOwner, { resolver, params }: RemoteRef): string {
  const { kind, name, uid } = owner.reference;
  const sorted = [...params].sort((a, b) => (a.name < b.name ? -1 : 1)).map((param) => [param.name, param.value]);
  const hash = md5Hex(JSON.stringify([owner.namespace, kind, name, uid, resolver, sorted]));
  const prefix = resolver
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^-+/, '')
    .slice(0, PREFIX_MAX);
  return `${prefix === '' ? 'resolver' : prefix}-${hash}`;
}

export type Resolution =
  | { kind: 'resolving' }
  | { kind: 'resolved'; document: string; refSource: RefSource | undefined }
  | { kind: 'failed'; reason: string; message: string };

/** What became of a request. */
export function resolutionOf(request: ResolutionRequest): Resolution {
  const condition = succeeded(request);
  const { data, refSource, source } = request.status ?? {};
  if (condition?.status === 'False') {
    return { kind: 'failed', reason: condition.reason ?? 'ResolutionFailed', message: condition.message ?? '' };
  }
  if (condition?.status !== 'True') return { kind: 'resolving' };
  const document = new TextDecoder().decode(Uint8Array.from(atob(data ?? ''), (char) => char.charCodeAt(0)));
  return { kind: 'resolved', document, refSource: refSource ?? source };
}
