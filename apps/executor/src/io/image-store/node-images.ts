// Everything that pulls images onto this node, put together.

import { join } from 'node:path';
import type { Pod } from '@slipway/contracts';
import { NetworkGuard, RemoteHttp } from '@slipway/guarded-http';
import type { ImageConfig } from '@slipway/oci';
import type { Logger } from '@slipway/service';
import type { PullConfig } from '../../config.js';
import { platformOf } from '../../core/platform.js';
import { pullPolicyOf, type PullPolicy } from '../../core/pull-policy.js';
import type { PodEnvironment } from '../../core/runtime.js';
import { ImagesInUse, type NodePulls } from '../process-runtime/pod-images.js';
import { ImagePulls, type PullRequest } from './image-pulls.js';
import { ImageStore, type StoredImage } from './image-store.js';
import { pullCredentials, type PullAccount } from './pull-secrets.js';

export interface NodeImagesOptions {
  pull: PullConfig;
  /** The folder `images` below it has them: beside the pods, on whose disk copies cost least. */
  stateDir: string;
  objects: Pick<PodEnvironment, 'secret' | 'serviceAccount'>;
  /** Of images that the operator names, or that are our own; they are not pulled. */
  isNamed: (image: string) => boolean;
  /** Images that had to make room. */
  onRemoved: (digests: readonly string[]) => void;
  logger: Logger;
}

export class NodeImages implements NodePulls {
  readonly standsIn: boolean;

  private constructor(
    private readonly pulls: ImagePulls,
    readonly inUse: ImagesInUse,
    private readonly options: NodeImagesOptions,
  ) {
    this.standsIn = options.pull.mode === 'prefer';
  }

  static async open(options: NodeImagesOptions): Promise<NodeImages> {
    const { pull, stateDir, logger, onRemoved } = options;
    const inUse = new ImagesInUse();
    const pulls = new ImagePulls({
      http: new RemoteHttp(new NetworkGuard(pull.allowedNetworks), pull.mirrors),
      plainRegistries: pull.plainRegistries,
      platform: platformOf(process.arch),
      limits: pull.limits,
      keepsOwners: process.getuid?.() === 0,
      store: await ImageStore.open(join(stateDir, 'images')),
      concurrency: pull.concurrency,
      timeoutMs: pull.timeoutMs,
      storeBytes: pull.storeBytes,
      inUse: (digest) => inUse.has(digest),
      onRemoved,
      logger,
    });
    return new NodeImages(pulls, inUse, options);
  }

  provide(image: string, policy: PullPolicy, { metadata, spec }: Pod): Promise<StoredImage> {
    const { imagePullSecrets, serviceAccountName } = spec;
    const account = { namespace: metadata.namespace ?? '', imagePullSecrets, serviceAccountName };
    return this.pulls.provide(this.#request(image, policy, account));
  }

  /** For a namespace, as its default service account. */
  ahead(image: string, namespace: string): Promise<StoredImage> {
    return this.pulls.provide(this.#request(image, pullPolicyOf(image, undefined), { namespace }));
  }

  isPulled(image: string): boolean {
    return image !== '' && !this.options.isNamed(image);
  }

  /** What an image runs when a step names no command. */
  config(image: string, said: string | undefined, account: PullAccount): Promise<ImageConfig> {
    return this.pulls.config(this.#request(image, pullPolicyOf(image, said), account));
  }

  stop(): Promise<void> {
    return this.pulls.stop();
  }

  #request(image: string, policy: PullPolicy, account: PullAccount): PullRequest {
    const { objects } = this.options;
    const credentials: PullRequest['credentials'] = (reference) => pullCredentials(objects, account, reference);
    return { image, policy, tenant: account.namespace, credentials };
  }
}
