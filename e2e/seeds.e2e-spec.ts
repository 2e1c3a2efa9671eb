// The pipelines by which people first meet such systems run unmodified. The network they name is replaced: git URLs by git's
// own rewriting, images by stand-ins.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedData } from '@slipway/testing';
import { startGitServer, type GitServer } from '../apps/resources/test/git-server.js';
import { commitSources, ORDER_OF_THE_FIRST, whatTheFirstNeeds } from './seeds.js';
import { slipway } from './slipway-run.js';
import { standIns } from './stand-ins.js';

const seeds = sharedData('seeds');
const describeSeeds = seeds === undefined ? describe.skip : describe;

describeSeeds('seeds', () => {
  let folder: string;
  let git: GitServer;
  let images: string;
  let sources: Record<string, string>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-seeds-'));
    images = join(folder, 'images.yaml');
    writeFileSync(images, JSON.stringify(standIns(folder)));
    git = await startGitServer();
    sources = commitSources(git);
  });
  afterAll(async () => {
    await git.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (text: string) => slipway(['run', '-', '--images', images], { input: text, env: sources });
  const seed = (name: string): string => readFileSync(join(seeds!, name), 'utf8');

  test('01 runs in the order of its picture', async () => {
    const { code, stdout, stderr } = await run(`${seed('01-dag-pipeline.yaml')}\n---\n${whatTheFirstNeeds(git.url)}`);
    expect([code, stderr.includes('error')]).toEqual([0, false]);
    const at = (line: string): number => stdout.indexOf(line);
    for (const task of ['lint-repo', 'test-app', 'build-app', 'build-frontend', 'deploy-all']) {
      expect([task, at(`${task} begins`) >= 0, at(`${task} ends`) >= 0]).toEqual([task, true, true]);
    }
    for (const [earlier, later] of ORDER_OF_THE_FIRST) {
      expect([earlier, later, at(`${earlier} ends`) < at(`${later} begins`)]).toEqual([earlier, later, true]);
    }
  });

  test('02 has the chain of git source, build, and digest exporter in one pod', async () => {
    const { code, stdout } = await run(seed('02-git-image-task.yaml'));
    expect(code).toBe(0);
    expect(stdout).toContain('Successfully cloned https://github.com/GoogleContainerTools/skaffold');
    expect(stdout).toContain('kaniko --oci-layout-path=/workspace/output/builtImage');
    expect(stdout).toMatch(/git-source-skaffold-git-build-push-kaniko-\w{5}[\s\S]*build-and-push/);
  });

  test('03 clones and builds from one step that runs as root', async () => {
    const { code, stdout } = await run(seed('03-build-deploy-taskrun.yaml'));
    expect(code).toBe(0);
    expect(stdout).toContain('mvn clean package -f source toolkit:deploy');
    expect(stdout).toContain('BUILD SUCCESS');
  });

  test('04 uses a string parameter as the git resource of its tasks', async () => {
    const { code, stdout } = await run(seed('04-test-build-push.yaml'));
    expect(code).toBe(0);
    expect(stdout).toContain('go test in /workspace/repo/src');
    expect(stdout).toContain('kaniko --destination=isno/tekton-test:latest');
  });
});
