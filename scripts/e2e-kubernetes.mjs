// `npm run e2e:kubernetes [-- JEST ARGUMENTS]`: the tests that need a real cluster (`*.k8s-spec.ts`).
//
// The cluster is that of $KUBECONFIG; without one, what `kube-up` of ../shared/tools/kubernetes makes where that folder is
// there. The image that brings the entrypoint into pods has to be in the cluster: `kube-load` puts it there, and for others
// the line is printed that does.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { entrypointImage } from './entrypoint-image.mjs';
import { ensureTools, setUp } from './setup.mjs';

/** @returns variables for whoever runs pods in the cluster; exits when there is none */
export async function clusterEnvironment(root) {
  const tools = process.env.KUBERNETES_TOOLS ?? resolve(root, '../shared/tools/kubernetes');
  const hasTools = existsSync(join(tools, 'kube-up'));
  const given = process.env.KUBECONFIG ?? '';
  if (given === '' && !hasTools) {
    console.error(
      [
        'No cluster: set KUBECONFIG. For one on this machine, with kind or k3d:',
        '  kind create cluster          or  k3d cluster create',
        '  npm run image:entrypoint -- slipway/entrypoint:0.1.0 /tmp/entrypoint.tar',
        '  kind load image-archive /tmp/entrypoint.tar   or  k3d image import /tmp/entrypoint.tar',
        '  export KUBECONFIG=$HOME/.kube/config ENTRYPOINT_IMAGE=slipway/entrypoint:0.1.0',
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

function lastLine(text) {
  return text.trimEnd().split('\n').at(-1);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = resolve(import.meta.dirname, '..');
  const env = { ...process.env, ...(await clusterEnvironment(root)) };
  const args = [
    join(root, 'scripts/test.mjs'),
    '--selectProjects',
    'kubernetes',
    '--runInBand',
    ...process.argv.slice(2),
  ];
  process.exit(spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1);
}
