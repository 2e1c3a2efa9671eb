// Images of templates that are brought onto the nodes of a real cluster before a pod needs them.

import { resolve } from 'node:path';
import type { Condition, Image, Pod } from '@slipway/contracts';
import { startClusterPlatform, type ClusterPlatform } from './cluster.js';

let world: ClusterPlatform;

beforeAll(async () => {
  const env = { IMAGE_PULL_AHEAD: 'true' };
  world = await startClusterPlatform(resolve(import.meta.dirname, '../slipway'), process.env['E2E_KUBECONFIG']!, env);
}, 120_000);
afterAll(() => world?.stop());

/** What the template's Image says once it is known. */
async function readyOf(name: string, image: string): Promise<Condition> {
  const metadata = { name };
  const template = {
    apiVersion: 'build.knative.dev/v1alpha1',
    kind: 'BuildTemplate',
    metadata,
    spec: { steps: [{ image }] },
  };
  await world.ofPlatform(['create', '-f', '-'], JSON.stringify(template));
  return world.until(`${image} is looked at`, async () => {
    const { items } = JSON.parse(await world.ofPlatform(['get', 'img', '-o', 'json'])) as { items: Image[] };
    const found = items
      .find(({ spec }) => spec.image === image)
      ?.status?.conditions?.find(({ type }) => type === 'Ready');
    return found?.status === 'Unknown' ? undefined : found;
  });
}

async function nothingLeft(): Promise<void> {
  await world.until('the pods that pull are gone', async () =>
    (await world.listed<Pod>('pods')).length === 0 ? true : undefined,
  );
}

test('an image is pulled by a pod that ends at once and leaves nothing', async () => {
  const condition = await readyOf('pulled', 'busybox');
  expect(condition).toMatchObject({ status: 'True', reason: 'Pulled' });
  expect(condition.message).toMatch(/pulled on 1 node of the cluster/);
  await nothingLeft();
}, 180_000);

test('an image that cannot be had is told with what the node said, and its pod goes too', async () => {
  const condition = await readyOf('refused', 'registry.invalid/team/absent:1');
  expect(condition).toMatchObject({ status: 'False', reason: 'ErrImagePull' });
  expect(condition.message).toMatch(/registry\.invalid/);
  await nothingLeft();
}, 180_000);
