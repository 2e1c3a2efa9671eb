// The entrypoint as a secret of each namespace that pods start in: mounting it takes no init container, and so no second.
//
// A secret, not a config map: whoever may write a namespace's secrets may change what its steps do anyhow.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { asSlipwayError, type KubeObject, type Pod, type Secret } from '@slipway/contracts';
import { CLUSTER_LABELS } from '../../core/cluster-pod.js';
import type { ApiClient } from './api-client.js';

/** Somebody may delete it; pods that wait for it go on once it is there again. */
const KEPT_MS = 30_000;
const REMEMBERED = 5000;

export class EntrypointSecret {
  readonly name: string;
  readonly #seen = new Map<string, { ensured: Promise<void>; untilMs: number }>();

  private constructor(
    private readonly program: Buffer,
    private readonly api: ApiClient,
    private readonly installation: string,
  ) {
    this.name = `slipway-entrypoint-${createHash('sha256').update(program).digest('hex').slice(0, 12)}`;
  }

  /** `program`: path of the entrypoint. */
  static async of(program: string, api: ApiClient, installation: string): Promise<EntrypointSecret> {
    return new EntrypointSecret(await readFile(program), api, installation);
  }

  /** Makes sure of it in the namespace of a pod that mounts it. */
  async ensureFor({ metadata, spec }: Pod): Promise<void> {
    const namespace = metadata.namespace ?? '';
    if (!(spec.volumes ?? []).some(({ secret }) => secret?.secretName === this.name)) return;
    const seen = this.#seen.get(namespace);
    if (seen !== undefined && performance.now() < seen.untilMs) return seen.ensured;
    const ensured = this.#ensure(namespace);
    ensured.catch(() => this.#seen.delete(namespace));
    this.#seen.delete(namespace);
    this.#seen.set(namespace, { ensured, untilMs: performance.now() + KEPT_MS });
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.keys().next().value!);
    return ensured;
  }

  async #ensure(namespace: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/secrets`;
    if ((await this.api.find<KubeObject>({ path: `${path}/${this.name}` })) !== undefined) return;
    const body: Secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: this.name, namespace, labels: { [CLUSTER_LABELS.installation]: this.installation } },
      type: 'slipway.dev/entrypoint',
      immutable: true, // nodes then read it once
      data: { entrypoint: this.program.toString('base64') },
    };
    await this.api.call({ method: 'POST', path, body }).catch((thrown: unknown) => {
      if (asSlipwayError(thrown).kind !== 'exists') throw thrown;
    });
  }
}
