// Definitions that stand elsewhere, fetched through ResolutionRequests: what the scheduler and the executor both ask.
//
//   F1. Asking again is harmless: the request has the same name each time, and its answer never changes.
//   F2. What comes from elsewhere goes through the registry's own door before anybody looks at it: converted,
//       completed and validated as if it had been applied.

import {
  RESOLUTION_REQUESTS,
  STORE_RPC,
  SlipwayError,
  remoteRefOf,
  resolutionOf,
  resolutionRequestFor,
  type AdmitReply,
  type AdmitRequest,
  type Fence,
  type KubeObject,
  type ObjectRef,
  type RefSource,
  type RemoteKind,
  type RemoteOwner,
  type ResolutionRequest,
} from '@slipway/contracts';
import type { Bus } from '@slipway/bus';
import type { Store } from './store.js';

export type Remote<T extends KubeObject> =
  | { kind: 'resolved'; object: T; refSource: RefSource | undefined }
  /** Look again when this request of the owner's namespace changes. */
  | { kind: 'resolving'; request: string }
  /** For the user, in Tekton's words. */
  | { kind: 'failed'; message: string };

/** Reads a document as the registry reads what is applied. Throws `invalid`. */
export type Admit = (request: AdmitRequest) => Promise<KubeObject>;

/** The registry's door, over the bus. */
export function busAdmission(bus: Pick<Bus, 'request'>): Admit {
  return async (request) => {
    const { object } = await bus.request<AdmitReply>(STORE_RPC.admit, request, { timeoutMs: 10_000 });
    return object;
  };
}

/** Definitions kept in memory; a pipeline of a thousand tasks may name the same one a thousand times. */
const KEPT = 100;

export class RemoteReferences {
  /** Admitted documents by uid of the request and kind. */
  readonly #kept = new Map<string, Remote<KubeObject>>();

  constructor(
    private readonly store: Pick<Store, 'get' | 'commit'>,
    private readonly admit: Admit,
  ) {}

  /**
   * The definition that a reference names, or how far it is. The first call makes the request.
   *
   * Shape  `ref` has a resolver or a bundle, and its params have no variables left.
   */
  async get<T extends KubeObject>(
    owner: RemoteOwner,
    ref: ObjectRef,
    kind: RemoteKind,
    fence: Fence,
  ): Promise<Remote<T>> {
    const remote = remoteRefOf(ref, kind);
    if (remote === undefined) throw new SlipwayError('internal', 'NotRemote', 'The reference is not a remote one.');
    const wanted = resolutionRequestFor(owner, remote);
    const { name } = wanted.metadata;
    const request = await this.store.get<ResolutionRequest>(RESOLUTION_REQUESTS, owner.namespace, name);
    if (request === undefined) {
      await this.#ask(wanted, fence);
      return { kind: 'resolving', request: name };
    }
    const resolution = resolutionOf(request);
    switch (resolution.kind) {
      case 'resolving':
        return { kind: 'resolving', request: name };
      case 'failed':
        return failed(remote.resolver, owner, name, resolution.message);
      case 'resolved': {
        const key = `${request.metadata.uid} ${kind}`;
        const known = this.#kept.get(key) ?? (await this.#admitted(resolution, kind));
        this.#kept.delete(key);
        this.#kept.set(key, known);
        if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
        return known.kind === 'failed' ? failed(remote.resolver, owner, name, known.message) : (known as Remote<T>);
      }
    }
  }

  async #ask(request: ResolutionRequest, fence: Fence): Promise<void> {
    try {
      await this.store.commit({ writes: [{ op: 'create', object: request }], fence });
    } catch (thrown) {
      if (!(thrown instanceof SlipwayError) || thrown.kind !== 'exists') throw thrown; // F1
    }
  }

  /** F2. */
  async #admitted(
    { document, refSource }: { document: string; refSource: RefSource | undefined },
    kind: RemoteKind,
  ): Promise<Remote<KubeObject>> {
    try {
      return { kind: 'resolved', object: await this.admit({ document, kind }), refSource };
    } catch (thrown) {
      if (!(thrown instanceof SlipwayError) || thrown.kind !== 'invalid') throw thrown;
      return { kind: 'failed', message: `what was found is no valid ${kind}: ${thrown.message}` };
    }
  }
}

function failed(resolver: string, { namespace }: RemoteOwner, request: string, why: string): Remote<never> {
  const message = `error requesting remote resource: error getting "${resolver}" "${namespace}/${request}": ${why}`;
  return { kind: 'failed', message };
}
