// Whether a namespace is there to create something in.

import { NAMESPACES } from '@slipway/contracts';
import type { ObjectStore } from './object-store.js';

export type NamespaceState = 'active' | 'terminating' | 'absent';

export interface Namespaces {
  stateOf(namespace: string): Promise<NamespaceState>;
}

/** Those that the registry stores itself. */
export class StoredNamespaces implements Namespaces {
  constructor(private readonly store: ObjectStore) {}

  async stateOf(namespace: string): Promise<NamespaceState> {
    const stored = await this.store.get({ resource: NAMESPACES, namespace: '', name: namespace });
    if (stored === undefined) return 'absent';
    const { metadata } = JSON.parse(stored.text) as { metadata: { deletionTimestamp?: string } };
    return metadata.deletionTimestamp === undefined ? 'active' : 'terminating';
  }
}
