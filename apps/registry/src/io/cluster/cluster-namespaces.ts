// Namespaces that the cluster has. Asked anew for every object: between a cached "active" and the end of a namespace an
// object could be made that nobody removes, and that the next namespace of that name would inherit.

import type { ClusterClient } from '@slipway/cluster';
import { SlipwayError } from '@slipway/contracts';
import type { NamespaceState, Namespaces } from '../namespaces.js';

export class ClusterNamespaces implements Namespaces {
  readonly #asked = new Map<string, Promise<NamespaceState>>();

  constructor(private readonly client: ClusterClient) {}

  /** Questions that wait at the same time are one; a question that is on its way is not joined. */
  stateOf(namespace: string): Promise<NamespaceState> {
    const waiting = this.#asked.get(namespace);
    if (waiting !== undefined) return waiting;
    const question = Promise.resolve().then(() => {
      this.#asked.delete(namespace);
      return this.#ask(namespace);
    });
    this.#asked.set(namespace, question);
    return question;
  }

  async #ask(namespace: string): Promise<NamespaceState> {
    try {
      const { metadata } = await this.client.request<{ metadata: { deletionTimestamp?: string } }>(
        `/api/v1/namespaces/${encodeURIComponent(namespace)}`,
      );
      return metadata.deletionTimestamp === undefined ? 'active' : 'terminating';
    } catch (cause) {
      if (cause instanceof SlipwayError && cause.kind === 'not-found') return 'absent';
      throw new SlipwayError(
        'transient',
        'NamespaceUnknown',
        `whether the namespace "${namespace}" is there cannot be asked`,
        {
          retryAfterMs: 1000,
          cause,
        },
      );
    }
  }
}
