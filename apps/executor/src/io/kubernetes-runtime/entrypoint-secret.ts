// The entrypoint as a secret of each namespace that pods start in: mounting it takes no init container, and so no second.
//
// A secret, not a config map: whoever may write a namespace's secrets may change what its steps do anyhow.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Pod, Secret } from '@slipway/contracts';
import type { NamespaceFixtures } from './namespace-fixtures.js';

export class EntrypointSecret {
  readonly name: string;

  private constructor(
    private readonly program: Buffer,
    private readonly fixtures: NamespaceFixtures,
  ) {
    this.name = `slipway-entrypoint-${createHash('sha256').update(program).digest('hex').slice(0, 12)}`;
  }

  /** `program`: path of the entrypoint. */
  static async of(program: string, fixtures: NamespaceFixtures): Promise<EntrypointSecret> {
    return new EntrypointSecret(await readFile(program), fixtures);
  }

  /** Makes sure of it in the namespace of a pod that mounts it. */
  async ensureFor({ metadata, spec }: Pod): Promise<void> {
    const namespace = metadata.namespace ?? '';
    if (!(spec.volumes ?? []).some(({ secret }) => secret?.secretName === this.name)) return;
    const secret: Secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: this.name, namespace },
      type: 'slipway.dev/entrypoint',
      immutable: true, // nodes then read it once
      data: { entrypoint: this.program.toString('base64') },
    };
    await this.fixtures.ensure(`/api/v1/namespaces/${namespace}/secrets`, secret);
  }
}
