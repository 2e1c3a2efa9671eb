// What the cluster's version can do, asked once it answers.

import { featuresOf, type ClusterFeatures } from '../../core/cluster-features.js';
import type { ApiClient } from './api-client.js';

export class ServerFeatures {
  #asked: Promise<ClusterFeatures> | undefined;

  constructor(private readonly api: Pick<ApiClient, 'call'>) {}

  get(): Promise<ClusterFeatures> {
    this.#asked ??= this.api
      .call<{ major: string; minor: string }>({ path: '/version' })
      .then(featuresOf)
      .catch((thrown: unknown) => {
        this.#asked = undefined;
        throw thrown;
      });
    return this.#asked;
  }
}
