// Every overlay, with each component and with as many as go together, is what kubectl can build and what fits together.

import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { tempDir } from '@slipway/testing';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../scripts/chart.mjs';

const ROOT = resolve(import.meta.dirname, '../deploy/kubernetes');
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;
if (!hasKubectl) process.stderr.write('kubectl is not there: kustomizations are not built\n');

const overlays = ['.', ...readdirSync(join(ROOT, 'overlays')).map((name) => `overlays/${name}`)];
const components = readdirSync(join(ROOT, 'components'));
/** Scales the same Deployments. */
const SCALERS = ['autoscaling', 'autoscaling-keda'];

/** Each component alone, and as many together as go together; none that the overlay has already. */
function choices(overlay: string): string[][] {
  const free = components.filter((name) => overlay !== `overlays/${name}`);
  const together = SCALERS.map((scaler) => free.filter((name) => name === scaler || !SCALERS.includes(name)));
  return [...free.map((name) => [name]), ...together];
}

interface Scaler extends KubernetesObject {
  spec: { scaleTargetRef: { kind?: string; name: string } };
}

(hasKubectl ? describe : describe.skip)('a kustomization of', () => {
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let made = 0;
  beforeAll(async () => {
    dir = await tempDir();
  });
  afterAll(() => dir.remove());

  /** As somebody would write it who has this repository beside. */
  const built = async (overlay: string, chosen: readonly string[]): Promise<KubernetesObject[]> => {
    const folder = join(dir.path, String(++made));
    mkdirSync(folder);
    const at = (path: string): string => relative(folder, join(ROOT, path));
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: [at(overlay)],
      components: chosen.map((name) => at(`components/${name}`)),
    };
    writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
    return parseAllDocuments(await textOf(folder)).map((document) => document.toJS() as KubernetesObject);
  };
  const textOf = async (folder: string): Promise<string> =>
    (await promisify(execFile)('kubectl', ['kustomize', folder], { maxBuffer: 64 << 20 })).stdout;
  const idOf = ({ kind, metadata }: KubernetesObject): string => `${kind}/${metadata.name}`;

  test.each(overlays)(
    '%s is built with each component and with as many as go together',
    async (overlay) => {
      const plain = new Set((await built(overlay, [])).map(idOf));
      for (const chosen of choices(overlay)) {
        const objects = await built(overlay, chosen);
        const ids = new Set(objects.map(idOf));
        const where = [overlay, ...chosen].join(' + ');
        expect([where, objects.length > 0]).toEqual([where, true]);
        if (!chosen.includes('beside-tekton')) {
          expect([where, [...plain].filter((id) => !ids.has(id))]).toEqual([where, []]);
        }
        const scaled = (objects as Scaler[]).filter(({ kind }) =>
          /^(HorizontalPodAutoscaler|ScaledObject)$/.test(kind),
        );
        expect([where, scaled.length > 0]).toEqual([where, SCALERS.some((name) => chosen.includes(name))]);
        for (const { spec } of scaled) {
          const { kind = 'Deployment', name } = spec.scaleTargetRef;
          expect([where, ids.has(`${kind}/${name}`), name]).toEqual([where, true, name]);
        }
      }
    },
    120_000,
  );

  test('docs/operating.md for images elsewhere leaves none of ours to be pulled from where it was', async () => {
    const page = readFileSync(resolve(ROOT, '../../docs/operating.md'), 'utf8');
    const example = /^```yaml\n# kustomization\.yaml\n(.*?)^```$/ms.exec(page)![1]!;
    const folder = join(dir.path, 'elsewhere');
    mkdirSync(folder);
    const text = example.replace('slipway/deploy/kubernetes', relative(folder, ROOT));
    writeFileSync(join(folder, 'kustomization.yaml'), text);
    const images = (await textOf(folder)).match(/\S*\bslipway(\/entrypoint)?:\d\S*/g) ?? [];
    expect(images).toHaveLength(7);
    expect(images.filter((image) => !image.startsWith('registry.example/'))).toEqual([]);
  });
});
