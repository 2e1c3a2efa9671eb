// Images for whoever may have them: from the store, or out of a registry.
//
//   P1. A registry is asked with the tenant's own credentials before an image is given to it, unless it has shown before
//       that it may have this one (KEP-2535); with policy Always every time.
//   P2. One pull for a digest at a time, whoever waits for it; few at a time in all, and fewer for one tenant.
//   P3. A pull that fails leaves nothing; one that is killed leaves what the next start clears away (I1).

import { SlipwayError } from '@slipway/contracts';
import { parseImageReference, type ImageConfig, type ImageReference, type RegistryCredentials } from '@slipway/oci';
import { FairLimiter, type Logger } from '@slipway/service';
import type { PullPolicy } from '../../core/pull-policy.js';
import type { ImageStore, StoredImage } from './image-store.js';
import { configOf, fillFolder, findImage, type OfferedImage, type PullSettings } from './pull-image.js';

export interface PullRequest {
  image: string;
  policy: PullPolicy;
  /** What the tenant's secrets have for the image; asked once, and only when a registry is. */
  credentials: (image: ImageReference) => Promise<RegistryCredentials | undefined>;
  /** Namespace that the image is for. */
  tenant: string;
}

export interface ImagePullsOptions extends PullSettings {
  store: ImageStore;
  /** Pulls at the same time; a tenant has half of them. */
  concurrency: number;
  /** Of one pull, once it has its turn. */
  timeoutMs: number;
  /** What all images together may take. */
  storeBytes: number;
  /** Whether a pod uses an image. */
  inUse: (digest: string) => boolean;
  /** Images that had to make room. */
  onRemoved?: (digests: readonly string[]) => void;
  logger: Pick<Logger, 'info' | 'warn'>;
}

/** A registry that has said nothing about an image by then is not asked any longer. */
const FIND_MS = 60_000;

/** What a request is about. */
interface Wanted {
  reference: ImageReference;
  /** As it is remembered. */
  name: string;
  repository: string;
  credentials: RegistryCredentials | undefined;
  proof: string;
}

export class ImagePulls {
  readonly #limiter: FairLimiter;
  readonly #underWay = new Map<string, Promise<unknown>>();
  readonly #stopping = new AbortController();

  constructor(private readonly options: ImagePullsOptions) {
    this.#limiter = new FairLimiter(options.concurrency, Math.max(1, Math.floor(options.concurrency / 2)));
  }

  /**
   * The image, on this node.
   *
   * Errors  SlipwayError, whose reason says what is wrong: see core/pull-policy.ts.
   */
  async provide(request: PullRequest): Promise<StoredImage> {
    const wanted = await this.#wanted(request);
    const local = this.#local(request, wanted);
    if (local !== undefined) return local;
    const offered = await this.#find(wanted);
    const image = await this.#obtain(offered, wanted, request.tenant);
    this.options.store.remember(wanted.name, offered.digest);
    return image;
  }

  /** What the image says of its processes, without the image itself where that is not here. */
  async config(request: PullRequest): Promise<ImageConfig> {
    const wanted = await this.#wanted(request);
    const local = this.#local(request, wanted);
    if (local !== undefined) return local.config;
    return configOf(await this.#find(wanted));
  }

  /** Pulls end at once, as if they were killed. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled(this.#underWay.values());
  }

  async #wanted({ image, credentials }: PullRequest): Promise<Wanted> {
    const reference = parseImageReference(image);
    const repository = `${reference.registry}/${reference.repository}`;
    const found = await credentials(reference);
    const name = `${repository}${reference.digest === undefined ? ':' : '@'}${reference.reference}`;
    return { reference, name, repository, credentials: found, proof: this.options.store.proofOf(found) };
  }

  /** P1 */
  #local({ image, policy }: PullRequest, { name, repository, proof }: Wanted): StoredImage | undefined {
    const { store } = this.options;
    const digest = store.meaningOf(name);
    const found = policy === 'Always' || digest === undefined ? undefined : store.get(digest, repository, proof);
    if (found !== undefined || policy !== 'Never') return found;
    const message = `Container image "${image}" is not present with pull policy of Never, or has not been pulled with these credentials.`;
    throw new SlipwayError('not-found', 'NeverPulled', message);
  }

  #find({ reference, credentials }: Wanted): Promise<OfferedImage> {
    return this.#inTime(FIND_MS, (signal) => findImage(reference, credentials, this.options, signal));
  }

  /** P2: whoever comes second finds it done, or done by a repository that says nothing about theirs. */
  async #obtain(offered: OfferedImage, wanted: Wanted, tenant: string): Promise<StoredImage> {
    const { store } = this.options;
    const { repository, proof } = wanted;
    for (;;) {
      const there = store.prove(offered.digest, repository, proof); // the registry has just given the manifest
      if (there !== undefined) return there;
      const before = this.#underWay.get(offered.digest);
      if (before === undefined) break;
      await before.catch(() => undefined);
    }
    const pull = this.#limiter
      .run(tenant, () => this.#pull(offered, wanted))
      .finally(() => this.#underWay.delete(offered.digest));
    this.#underWay.set(offered.digest, pull);
    return pull;
  }

  async #pull(offered: OfferedImage, { name, repository, proof }: Wanted): Promise<StoredImage> {
    const { store, storeBytes, inUse, onRemoved, logger } = this.options;
    const folder = store.newFolder();
    try {
      const filled = await this.#inTime(this.options.timeoutMs, (signal) =>
        fillFolder(folder, { ...offered, client: offered.client.during(signal) }, this.options),
      );
      const image = await store.adopt(folder, { ...filled, digest: offered.digest, repository, proof });
      logger.info({ image: name, digest: offered.digest, bytes: filled.sizeBytes }, 'image pulled');
      const removed = await store.evict(storeBytes, (digest) => digest === image.digest || inUse(digest));
      if (removed.length > 0) {
        logger.info({ removed }, 'images removed that were not used for longest');
        onRemoved?.(removed);
      }
      return image;
    } catch (thrown) {
      await store.discard(folder); // P3
      throw thrown;
    }
  }

  /** What is aborted has the reason for an error. */
  async #inTime<T>(limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stopping = this.#stopping.signal;
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(limitMs)]);
    try {
      return await work(signal);
    } catch (thrown) {
      if (stopping.aborted) throw new SlipwayError('transient', 'Stopping', 'The executor is stopping.');
      if (!signal.aborted) throw thrown;
      throw new SlipwayError('transient', 'PullTimedOut', 'The registry did not give the image in time.');
    }
  }
}
