// The real kubectl, against a registry of the test's own.

import { hasKubectl, startTestRegistry, type Ran, type TestRegistry } from './running-registry.js';

export const describeWithKubectl = hasKubectl() ? describe : describe.skip;

export const TASK = `
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: hello, labels: {app: demo}}
spec:
  params: [{name: who, type: string, default: world}]
  steps:
  - name: say
    image: busybox
    script: echo hello "$(params.who)"
`;
export const RUN = `
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {name: release, labels: {app: demo}}
spec:
  pipelineSpec:
    tasks:
    - name: build
      taskRef: {name: hello}
`;
export const GENERATED = RUN.replace('name: release', 'generateName: release-');

export interface KubectlSession {
  registry: () => TestRegistry;
  kubectl: (args: string | readonly string[], input?: string) => Promise<Ran>;
  /** Standard output of a command that must succeed. */
  ok: (args: string | readonly string[], input?: string) => Promise<string>;
  /** Standard error of one that must fail. */
  fails: (args: string | readonly string[], input?: string) => Promise<string>;
}

/** For the tests of a file; each begins without runs, pipelines and tasks. */
export function kubectlSession(): KubectlSession {
  let registry: TestRegistry;
  const kubectl: KubectlSession['kubectl'] = async (args, input) => registry.kubectl(args, input);
  beforeAll(async () => {
    registry = await startTestRegistry();
  });
  afterAll(() => registry.close());
  beforeEach(() => kubectl('delete pipelineruns,pipelines,tasks --all'));
  return {
    registry: () => registry,
    kubectl,
    async ok(args, input) {
      const ran = await kubectl(args, input);
      const stderr = ran.stderr.replace(/^No resources found.*\n/, '');
      expect({ args, code: ran.code, stderr }).toEqual({ args, code: 0, stderr: '' });
      return ran.stdout.trim();
    },
    async fails(args, input) {
      const ran = await kubectl(args, input);
      expect({ args, failed: ran.code !== 0 }).toEqual({ args, failed: true });
      return ran.stderr.trim();
    },
  };
}
