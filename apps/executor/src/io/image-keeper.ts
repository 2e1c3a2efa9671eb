// Keeps the Image objects of templates and tasks.
//
//   K1. Level-triggered: what changed only says where to look; what is stored decides.
//   K2. Every commit carries the fence of the template's shard: one executor of many does it.
//   K3. A template whose Images in memory are as they should be costs no request.
//   K4. An image is wanted for as long as a template of ours has it, and forgotten then.

import {
  BUILD_TEMPLATES,
  CLUSTER_BUILD_TEMPLATES,
  CLUSTER_TASKS,
  IMAGES,
  NAMESPACES,
  TASKS,
  asSlipwayError,
  resourceKind,
  shardOfObject,
  type Image,
  type KubeObject,
  type ResourceName,
  type Write,
} from '@slipway/contracts';
import { SerialQueue, type Logger } from '@slipway/service';
import type { Cache, Store } from '@slipway/store';
import { imageWrites, imagesOf } from '../core/image-cache.js';
import type { Leases } from './executor.js';
import type { ImageAvailability } from './pull-ahead.js';

const TEMPLATES: readonly ResourceName[] = [BUILD_TEMPLATES, CLUSTER_BUILD_TEMPLATES, TASKS, CLUSTER_TASKS];

/** What the keeper's cache must hold. */
export const IMAGE_CACHE_RESOURCES: readonly ResourceName[] = [...TEMPLATES, IMAGES];

export interface ImageKeeperOptions {
  cache: Pick<Cache, 'get' | 'list' | 'byOwner' | 'onChange'>;
  store: Pick<Store, 'get' | 'list' | 'commit'>;
  leases: Pick<Leases, 'owns' | 'onGained'>;
  /** Of Images of templates that have no namespace. */
  systemNamespace: string;
  /** Whether images are at hand, and who pulls them. */
  availability: ImageAvailability;
  now: () => number;
  logger: Pick<Logger, 'warn'>;
}

const CONCURRENCY = 4;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 30_000;

export class ImageKeeper {
  readonly #queue: SerialQueue;
  #forget: (() => void)[] = [];
  /** Images by the key of the template that wants them, as `<namespace>/<image>` (K4). */
  readonly #wanted = new Map<string, readonly string[]>();
  /** The same the other way round. */
  readonly #users = new Map<string, Set<string>>();

  constructor(private readonly options: ImageKeeperOptions) {
    this.#queue = new SerialQueue({
      concurrency: CONCURRENCY,
      handle: (key) => this.#turn(key),
      onError: (key, thrown, attempt) => {
        const error = asSlipwayError(thrown);
        if (error.reason === 'FenceLost') return undefined;
        if (attempt > 3) options.logger.warn({ err: error, template: key }, 'Images of a template are not written yet');
        return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);
      },
    });
  }

  /** The cache has started. */
  start(): void {
    const { cache, leases } = this.options;
    this.#forget = [
      cache.onChange(({ key, before, after }) => {
        if (after !== undefined && TEMPLATES.includes(key.resource)) this.#look(key.resource, after);
        else if (before !== undefined && TEMPLATES.includes(key.resource))
          this.#want(templateKey(key.resource, before), []);
        else if (key.resource === IMAGES && after === undefined && before !== undefined) this.#lookAtOwner(before);
      }),
      leases.onGained(() => this.#lookAtAll()),
    ];
    this.options.availability.onChange((namespace, image) => this.#lookAtUsers(`${namespace}/${image}`));
    this.#lookAtAll();
  }

  async stop(): Promise<void> {
    for (const forget of this.#forget) forget();
    await Promise.all([this.#queue.stop(), this.options.availability.stop()]);
  }

  #lookAtAll(): void {
    for (const resource of TEMPLATES)
      for (const template of this.options.cache.list(resource)) this.#look(resource, template);
  }

  /** What is known of an image has changed: every template that has it says so. */
  #lookAtUsers(wanted: string): void {
    for (const key of this.#users.get(wanted) ?? []) this.#queue.add(key);
  }

  /** An Image went: the template that it is of may want it back. */
  #lookAtOwner({ metadata }: KubeObject): void {
    const [owner] = metadata.ownerReferences ?? [];
    const resource = TEMPLATES.find((one) => resourceKind(one)?.kind === owner?.kind);
    if (owner === undefined || resource === undefined) return;
    const isNamespaced = resourceKind(resource)?.namespaced === true;
    const template = this.options.cache.get(resource, isNamespaced ? (metadata.namespace ?? '') : '', owner.name);
    if (template !== undefined) this.#look(resource, template);
  }

  #look(resource: ResourceName, template: KubeObject): void {
    const { cache, leases } = this.options;
    const key = templateKey(resource, template);
    if (leases.owns(shardOfObject(template.metadata)) === undefined) return this.#want(key, []);
    const known = cache.byOwner(template.metadata.uid ?? '').filter(({ kind }) => kind === 'Image') as Image[];
    const isGone = template.metadata.deletionTimestamp !== undefined;
    this.#want(key, isGone ? [] : imagesOf(template), this.#namespaceOf(template), known);
    if (this.#writes(template, known).length === 0) return; // K3
    this.#queue.add(key);
  }

  /** K4 */
  #want(key: string, images: readonly string[], namespace = '', stored: readonly Image[] = []): void {
    const { availability } = this.options;
    const before = this.#wanted.get(key) ?? [];
    const now = images.map((image) => `${namespace}/${image}`);
    if (now.length === 0) this.#wanted.delete(key);
    else this.#wanted.set(key, now);
    for (const wanted of now) this.#users.set(wanted, (this.#users.get(wanted) ?? new Set()).add(key));
    for (const image of images) {
      const ready = stored
        .find(({ spec }) => spec.image === image)
        ?.status?.conditions?.find(({ type }) => type === 'Ready');
      availability.want(namespace, image, ready === undefined ? undefined : { ...ready, reason: ready.reason ?? '' });
    }
    for (const old of before) if (!now.includes(old)) this.#letGo(old, key);
  }

  /** K4 */
  #letGo(wanted: string, key: string): void {
    const users = this.#users.get(wanted);
    if (users?.delete(key) !== true || users.size > 0) return;
    this.#users.delete(wanted);
    this.options.availability.forget(...splitImage(wanted));
  }

  async #turn(key: string): Promise<void> {
    const { store, leases } = this.options;
    const [resource = '', namespace = '', name = ''] = key.split('/');
    const template = await store.get(resource, namespace, name); // K1
    if (template === undefined) return; // its Images go with it
    const fence = leases.owns(shardOfObject(template.metadata));
    if (fence === undefined) return;
    const labelSelector = `controller=${template.metadata.uid ?? ''}`;
    const { items } = await store.list<Image>(IMAGES, { namespace: this.#namespaceOf(template), labelSelector });
    const writes = this.#writes(template, items);
    if (writes.length === 0) return;
    await store.commit({ writes: [...(await this.#missingNamespace(template)), ...writes], fence }); // K2
  }

  #writes(template: KubeObject, stored: readonly Image[]): Write[] {
    const { availability, now } = this.options;
    const namespace = this.#namespaceOf(template);
    const stateOf = (image: string): ReturnType<ImageAvailability['stateOf']> => availability.stateOf(namespace, image);
    return imageWrites(template, stored, { namespace, stateOf, nowMs: now() });
  }

  #namespaceOf({ metadata }: KubeObject): string {
    return metadata.namespace ?? this.options.systemNamespace;
  }

  /** The platform's own namespace is made when it is first needed. */
  async #missingNamespace(template: KubeObject): Promise<Write[]> {
    if (template.metadata.namespace !== undefined) return [];
    const name = this.options.systemNamespace;
    if ((await this.options.store.get(NAMESPACES, '', name)) !== undefined) return [];
    return [{ op: 'create', object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } }];
  }
}

function templateKey(resource: ResourceName, { metadata }: KubeObject): string {
  return `${resource}/${metadata.namespace ?? ''}/${metadata.name}`;
}

function splitImage(wanted: string): [namespace: string, image: string] {
  const slash = wanted.indexOf('/');
  return [wanted.slice(0, slash), wanted.slice(slash + 1)];
}
