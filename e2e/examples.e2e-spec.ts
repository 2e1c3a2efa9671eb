// A handful of Tekton's own examples of every set, through a platform of their own with kubectl; where a real Tekton was
// recorded, what is stored must be the same. The whole sets run with `npm run conformance -- all --oracle`.

import { execFileSync, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { sharedData } from '@slipway/testing';

const ROOT = resolve(import.meta.dirname, '..');

/** One of each that a set has: results, guards, matrix, child pipelines, step actions, remote and 2020's references, git, copies. */
const FILES = [
  'pipelinerun-results',
  'pipelinerun-with-when-expressions',
  'matrix-include-explicit',
  'pipelines-in-pipelines',
  'stepaction-results',
  'http-resolver',
  'sidecar-ready-script',
  'conditional-pipelinerun',
  'output-pipelinerun',
  'optional-resources',
];

const data = sharedData('conformance');
(data === undefined || !hasKubectl() ? test.skip : test)(
  'examples of Tekton end as they do there',
  () => {
    const runner = [resolve(ROOT, 'scripts/run-ts.mjs'), resolve(ROOT, 'conformance/main.ts')];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...runner, 'all', '--oracle', '--data', data!, '--only', FILES.join('|')],
      { encoding: 'utf8', maxBuffer: 16 << 20 },
    );
    const failed = stdout.split(/\n(?=\w+ )/).filter((row) => row.startsWith('failed'));
    expect({ status, failed, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, failed: [], stderr: '' });
    expect(stdout).toMatch(/^all: [1-9]\d* files: [1-9]\d* passed, 0 failed/m);
  },
  600_000,
);

function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
