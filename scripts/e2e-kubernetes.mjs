// `npm run e2e:kubernetes [-- JEST ARGUMENTS]`: the tests that need a real cluster (`*.k8s-spec.ts`).
//
// The cluster is that of $KUBECONFIG; without one, what `kube-up` of ../shared/tools/kubernetes makes where that folder is
// there. Images have to be in the cluster: `kube-load` puts them there, and for others the lines are printed that do. Slipway's
// own image is built from the sources as they are, unless $SLIPWAY_IMAGE names one that is there (docs/operating.md).

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { entrypointImage } from './entrypoint-image.mjs';
import { buildImages, serverImage } from './images.mjs';
import { ensureTools, setUp } from './setup.mjs';

/** @returns variables for whoever runs pods in the cluster; exits when there is none */
export async function clusterEnvironment(root) {
  const tools = toolsOf(root);
  const hasTools = existsSync(join(tools, 'kube-up'));
  const given = process.env.KUBECONFIG ?? '';
  if (given === '' && !hasTools) {
    console.error(
      [
        'No cluster: set KUBECONFIG. For one on this machine, with kind or k3d:',
        '  kind create cluster          or  k3d cluster create',
        '  npm run image:entrypoint -- slipway/entrypoint:0.1.0 /tmp/entrypoint.tar',
        '  kind load image-archive /tmp/entrypoint.tar   or  k3d image import /tmp/entrypoint.tar',
        '  docker build -f deploy/Dockerfile -t slipway:0.1.0 .   (and load it likewise)',
        '  export KUBECONFIG=$HOME/.kube/config ENTRYPOINT_IMAGE=slipway/entrypoint:0.1.0 SLIPWAY_IMAGE=slipway:0.1.0',
      ].join('\n'),
    );
    process.exit(2);
  }
  await ensureTools('build');
  await setUp(root, { platform: true });
  if (given !== '' && process.env.ENTRYPOINT_IMAGE !== undefined) return { E2E_KUBECONFIG: given };
  const program = readFileSync(join(root, 'packages/entrypoint/build/entrypoint'));
  const name = `slipway/entrypoint:${createHash('sha256').update(program).digest('hex').slice(0, 12)}`;
  const kubeconfig = given !== '' ? given : lastLine(execFileSync(join(tools, 'kube-up'), { encoding: 'utf8' }));
  if (!hasTools) {
    console.error(`Load ${name} into the cluster (npm run image:entrypoint) and set ENTRYPOINT_IMAGE to it.`);
    process.exit(2);
  }
  if (given === '') execFileSync(join(tools, 'kube-test-images'), { stdio: 'inherit' });
  const folder = mkdtempSync(join(tmpdir(), 'slipway-image-'));
  writeFileSync(join(folder, 'image.tar'), entrypointImage(program, name));
  execFileSync(join(tools, 'kube-load'), [name, join(folder, 'image.tar')], { stdio: 'inherit' });
  rmSync(folder, { recursive: true });
  return { E2E_KUBECONFIG: kubeconfig, ENTRYPOINT_IMAGE: name };
}

/** Of the tests that run Slipway's own image in the cluster, and what is installed with it: the names of it and of the NATS. */
async function imageEnvironment(root) {
  const names = { SLIPWAY_IMAGE: process.env.SLIPWAY_IMAGE, NATS_IMAGE: await serverImage(root, 'nats') };
  if (names.SLIPWAY_IMAGE !== undefined) return names;
  const load = join(toolsOf(root), 'kube-load');
  if (!existsSync(load)) {
    console.error('Build the image of deploy/Dockerfile, load it into the cluster and set SLIPWAY_IMAGE to its name.');
    process.exit(2);
  }
  const output = join(root, '.slipway/images');
  const images = await buildImages(root, { tag: 'content', output, only: ['slipway', 'nats', 'postgres'] });
  for (const { name, file } of images) execFileSync(load, [name, file], { stdio: 'inherit' });
  return { ...names, SLIPWAY_IMAGE: images[0].name };
}

/** @returns {string} where the commands of a cluster on this machine are, if they are */
export function toolsOf(root) {
  return process.env.KUBERNETES_TOOLS ?? resolve(root, '../shared/tools/kubernetes');
}

function lastLine(text) {
  return text.trimEnd().split('\n').at(-1);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = resolve(import.meta.dirname, '..');
  const env = { ...process.env, ...(await clusterEnvironment(root)), ...(await imageEnvironment(root)) };
  const args = [
    join(root, 'scripts/test.mjs'),
    '--selectProjects',
    'kubernetes',
    '--runInBand',
    ...process.argv.slice(2),
  ];
  process.exit(spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1);
}
