// Tekton's official conformance list, a test each, written anew: what a service that calls itself conformant must do with
// a TaskRun or a PipelineRun, seen through the API alone.
//
// The list expects of a failed step the reason of its day, `Failed`; since v1.12 Tekton says `StepFailed`. Both are
// answered, by a setting.

import { resolve } from 'node:path';
import {
  isDone,
  succeeded,
  type PipelineRun,
  type PipelineRunSpec,
  type TaskRun,
  type TaskRunSpec,
} from '@slipway/contracts';
import { eventually } from '@slipway/testing';
import { ApiClient } from '../apps/cli/src/api/client.js';
import { findAccess } from '../apps/cli/src/api/kubeconfig.js';
import { startPlatform, type Platform } from '../conformance/platform.js';

const LAUNCHER = resolve(import.meta.dirname, '../slipway');
const NAMESPACE = '/apis/tekton.dev/v1/namespaces/default';
const DEADLINE_MS = 50_000;

/** A platform, and what runs on it. */
class Conformant {
  #runs = 0;

  private constructor(
    private readonly platform: Platform,
    private readonly client: ApiClient,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<Conformant> {
    const platform = await startPlatform(LAUNCHER, [], { ...process.env, ...env });
    const access = await findAccess({ kubeconfig: platform.kubeconfig }, { dataDir: '', kubeconfigs: [] } as never);
    return new Conformant(platform, new ApiClient(access));
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.platform.stop();
  }

  /** A TaskRun as it is once it has ended. */
  taskRun(spec: TaskRunSpec): Promise<TaskRun> {
    return this.#ended('TaskRun', spec);
  }

  /** A PipelineRun as it is once it has ended. */
  pipelineRun(spec: PipelineRunSpec): Promise<PipelineRun> {
    return this.#ended('PipelineRun', spec);
  }

  /** The TaskRun of a task of the run. */
  async childOf(run: PipelineRun, task: string): Promise<TaskRun> {
    const child = run.status?.childReferences?.find(({ pipelineTaskName }) => pipelineTaskName === task);
    return this.client.call<TaskRun>(`${NAMESPACE}/taskruns/${child!.name}`);
  }

  async #ended<T extends TaskRun | PipelineRun>(kind: T['kind'], spec: T['spec']): Promise<T> {
    const name = `conformance-${this.#runs++}`;
    const path = `${NAMESPACE}/${kind === 'TaskRun' ? 'taskruns' : 'pipelineruns'}`;
    await this.client.call(path, {
      method: 'POST',
      body: { apiVersion: 'tekton.dev/v1', kind, metadata: { name }, spec },
    });
    return eventually(
      async () => {
        const run = await this.client.call<T>(`${path}/${name}`);
        if (!isDone(run)) throw new Error(`${name} has not ended: ${JSON.stringify(run.status?.conditions)}`);
        return run;
      },
      { deadlineMs: DEADLINE_MS, what: name },
    );
  }
}

/** `steps('echo a')`: one step with the script, or several. */
function steps(...scripts: string[]): NonNullable<NonNullable<TaskRunSpec['taskSpec']>['steps']> {
  return scripts.map((script, i) => ({ name: `step-${i}`, image: 'ubuntu', script }));
}

const succeededAs = (status: string, reason: string): unknown =>
  expect.objectContaining({ type: 'Succeeded', status, reason });
const SUCCEEDED = succeededAs('True', 'Succeeded');

let tekton: Conformant;
beforeAll(async () => (tekton = await Conformant.start()));
afterAll(() => tekton.stop());

describe('TaskRun', () => {
  test('TaskRunConditions: one that went well says so', async () => {
    const run = await tekton.taskRun({ taskSpec: { steps: steps('echo Hello') } });
    expect(succeeded(run)).toEqual(SUCCEEDED);
  });

  test('Conditions: a condition has type, status, reason, message and the time of its last change', async () => {
    const text = expect.stringMatching(/./) as string;
    const run = await tekton.taskRun({ taskSpec: { steps: steps('true') } });
    const fields = { type: 'Succeeded', status: 'True', reason: text, message: text, lastTransitionTime: text };
    expect(run.status?.conditions).toEqual([fields]);
    expect([run.status?.startTime, run.status?.completionTime]).toEqual([text, text]);
  });

  test('StepScript: a script is run by the interpreter that its first line names, and by sh without one', async () => {
    const run = await tekton.taskRun({
      taskSpec: {
        results: ['none', 'bash', 'python'].map((name) => ({ name })),
        steps: steps(
          'printf %s "$0" | grep -q script && printf plain > $(results.none.path)',
          '#!/usr/bin/env bash\nwords=(of bash); printf "%s" "${words[1]}" > $(results.bash.path)',
          '#!/usr/bin/env python3\nopen("$(results.python.path)", "w").write(str(6 * 7))',
        ),
      },
    });
    expect(succeeded(run)).toEqual(SUCCEEDED);
    expect(resultsOf(run)).toEqual({ none: 'plain', bash: 'bash', python: '42' });
  });

  test('StepEnv: a step sees its variables, and those that they are made of', async () => {
    const run = await tekton.taskRun({
      taskSpec: {
        results: [{ name: 'seen' }],
        steps: [
          {
            name: 'env',
            image: 'ubuntu',
            env: [
              { name: 'FOO', value: 'foo' },
              { name: 'BAR', value: '$(FOO)bar' },
            ],
            command: ['sh', '-c'],
            args: ['printf "$FOO,$BAR" > $(results.seen.path)'],
          },
        ],
      },
    });
    expect(resultsOf(run)).toEqual({ seen: 'foo,foobar' });
  });

  test('StepWorkingDir: a step starts where it is told to', async () => {
    const step = {
      name: 's',
      image: 'ubuntu',
      workingDir: '/workspace/deep',
      script: 'pwd | tr -d "\\n" > $(results.at.path)',
    };
    const run = await tekton.taskRun({ taskSpec: { results: [{ name: 'at' }], steps: [step] } });
    expect(resultsOf(run)).toEqual({ at: '/workspace/deep' });
  });

  test('StepStateImageID: the state of a step names its image', async () => {
    const run = await tekton.taskRun({ taskSpec: { steps: steps('true') } });
    expect(run.status?.steps?.[0]?.imageID).toMatch(/./);
  });

  test('StepStateName: the state of a step bears its name', async () => {
    const run = await tekton.taskRun({ taskSpec: { steps: steps('true', 'true') } });
    expect(run.status?.steps?.map(({ name }) => name)).toEqual(['step-0', 'step-1']);
  });

  test('StepStateContainerStateTerminated: the state of a step says how it ended', async () => {
    const good = await tekton.taskRun({ taskSpec: { steps: steps('true') } });
    expect(good.status?.steps?.[0]?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    const bad = await tekton.taskRun({ taskSpec: { steps: steps('exit 3') } });
    expect(bad.status?.steps?.[0]?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(succeeded(bad)).toEqual(succeededAs('False', 'StepFailed'));
  });

  test('SidecarName: the state of a sidecar bears its name', async () => {
    const sidecars = [{ name: 'beside', image: 'ubuntu', script: 'sleep 60' }];
    const run = await tekton.taskRun({ taskSpec: { steps: steps('true'), sidecars } });
    expect(run.status?.sidecars?.map(({ name, container }) => [name, container])).toEqual([
      ['beside', 'sidecar-beside'],
    ]);
  });

  test('SidecarScriptSuccess: what a sidecar does reaches the steps', async () => {
    const run = await tekton.taskRun({ taskSpec: shared('echo from the sidecar > /shared/file') });
    expect(succeeded(run)).toEqual(SUCCEEDED);
    expect(run.status?.sidecars?.[0]?.terminated?.exitCode).toBe(0);
    expect(resultsOf(run)).toEqual({ read: 'from the sidecar' });
  });

  test('SidecarScriptFailure: a sidecar that fails shows it', async () => {
    const run = await tekton.taskRun({ taskSpec: shared('echo from the sidecar > /shared/file; exit 7') });
    expect(run.status?.sidecars?.[0]?.terminated).toMatchObject({ exitCode: 7, reason: 'Error' });
    expect(succeeded(run)?.status).toBe('False');
  });

  test('SidecarArgAndCommand: a sidecar is run with its command and arguments', async () => {
    const { steps: reading, ...rest } = shared('');
    const sidecar = {
      ...rest.sidecars![0]!,
      command: ['/bin/sh', '-c'],
      args: ['printf "%s and %s" "$0" "$1" > /shared/file', 'one', 'two'],
    };
    delete sidecar.script;
    const run = await tekton.taskRun({ taskSpec: { ...rest, steps: reading!, sidecars: [sidecar] } });
    expect(resultsOf(run)).toEqual({ read: 'one and two' });
  });

  test('StringTaskParam: a string param is put into the steps', async () => {
    const run = await tekton.taskRun({
      params: [{ name: 'greeting', value: 'hello' }],
      taskSpec: { params: [{ name: 'greeting' }], ...telling('printf "$(params.greeting)"') },
    });
    expect(resultsOf(run)).toEqual({ told: 'hello' });
  });

  test('ArrayTaskParam: an array param is spread out in arguments', async () => {
    const run = await tekton.taskRun({
      params: [{ name: 'words', value: ['a b', 'c'] }],
      taskSpec: {
        params: [{ name: 'words', type: 'array' }],
        results: [{ name: 'told' }],
        steps: [
          {
            name: 's',
            image: 'ubuntu',
            command: ['sh', '-c', 'printf "%s:$#" "$1" > $(results.told.path)', 'sh'],
            args: ['$(params.words[*])'],
          },
        ],
      },
    });
    expect(resultsOf(run)).toEqual({ told: 'a b:2' });
  });

  test('TaskParamDefaults: a param that is not given has its default', async () => {
    const params = [
      { name: 's', default: 'plain' },
      { name: 'a', type: 'array' as const, default: ['one', 'two'] },
    ];
    const run = await tekton.taskRun({ taskSpec: { params, ...telling('printf "$(params.s) $(params.a[1])"') } });
    expect(resultsOf(run)).toEqual({ told: 'plain two' });
  });

  test('TaskParamDescription: what a param is described as stays', async () => {
    const params = [{ name: 's', description: 'what to say', default: 'x' }];
    const run = await tekton.taskRun({ taskSpec: { params, steps: steps('true') } });
    expect(run.spec.taskSpec?.params?.[0]?.description).toBe('what to say');
    expect(run.status?.taskSpec?.params?.[0]?.description).toBe('what to say');
  });

  test('TaskRunWorkspace: steps share what is bound to a workspace', async () => {
    const run = await tekton.taskRun({
      workspaces: [{ name: 'scratch', emptyDir: {} }],
      taskSpec: {
        workspaces: [{ name: 'scratch' }],
        results: [{ name: 'told' }],
        steps: steps(
          'printf kept > $(workspaces.scratch.path)/f',
          'cat $(workspaces.scratch.path)/f > $(results.told.path)',
        ),
      },
    });
    expect(resultsOf(run)).toEqual({ told: 'kept' });
  });

  test('TaskRunTimeout: one that takes too long is ended', async () => {
    const run = await tekton.taskRun({ timeout: '1s', taskSpec: { steps: steps('sleep 60') } });
    expect(succeeded(run)).toEqual(succeededAs('False', 'TaskRunTimeout'));
  });
});

describe('PipelineRun', () => {
  const task = (
    name: string,
    script: string,
  ): NonNullable<NonNullable<PipelineRunSpec['pipelineSpec']>['tasks']>[number] => ({
    name,
    taskSpec: { steps: steps(script) },
  });

  test('PipelineRunConditions: one that went well says so', async () => {
    const run = await tekton.pipelineRun({ pipelineSpec: { tasks: [task('a', 'echo Hello')] } });
    expect(succeeded(run)).toEqual(SUCCEEDED);
  });

  test('PipelineTaskParams: params of the run reach the tasks', async () => {
    const run = await tekton.pipelineRun({
      params: [{ name: 'who', value: 'world' }],
      pipelineSpec: {
        params: [{ name: 'who' }],
        tasks: [
          {
            name: 'greet',
            params: [{ name: 'text', value: 'hello $(params.who)' }],
            taskSpec: { params: [{ name: 'text' }], ...telling('printf "$(params.text)"') },
          },
        ],
      },
    });
    expect(resultsOf(await tekton.childOf(run, 'greet'))).toEqual({ told: 'hello world' });
  });

  test('PipelineResult: results of tasks become those of the run', async () => {
    const run = await tekton.pipelineRun({
      pipelineSpec: {
        results: [{ name: 'out', value: '$(tasks.make.results.told)' }],
        tasks: [{ name: 'make', taskSpec: telling('printf made') }],
      },
    });
    expect(run.status?.results).toEqual([{ name: 'out', value: 'made' }]);
  });

  test('PipelineWorkspace: a workspace of the run is mounted in the tasks that ask for it', async () => {
    const use = (name: string, script: string, ...runAfter: string[]): ReturnType<typeof task> => ({
      name,
      runAfter,
      workspaces: [{ name: 'own', workspace: 'shared' }],
      taskSpec: { workspaces: [{ name: 'own' }], ...telling(script) },
    });
    const run = await tekton.pipelineRun({
      workspaces: [{ name: 'shared', volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'] } } }],
      pipelineSpec: {
        workspaces: [{ name: 'shared' }],
        tasks: [
          use('write', 'echo kept | tee $(workspaces.own.path)/f'),
          use('read', 'tr -d "\\n" < $(workspaces.own.path)/f', 'write'),
        ],
      },
    });
    expect(resultsOf(await tekton.childOf(run, 'read'))).toEqual({ told: 'kept' });
  });

  test('PipelineTaskTimeout: a task that takes too long fails the run', async () => {
    const run = await tekton.pipelineRun({ pipelineSpec: { tasks: [{ ...task('slow', 'sleep 60'), timeout: '1s' }] } });
    expect(succeeded(run)).toEqual(succeededAs('False', 'Failed'));
    expect(succeeded(await tekton.childOf(run, 'slow'))).toEqual(succeededAs('False', 'TaskRunTimeout'));
  });

  test('PipelineRunTimeout: a run that takes too long is ended', async () => {
    const run = await tekton.pipelineRun({
      timeouts: { pipeline: '1s' },
      pipelineSpec: { tasks: [task('slow', 'sleep 60')] },
    });
    expect(succeeded(run)).toEqual(succeededAs('False', 'PipelineRunTimeout'));
  });

  test('PipelineRunTaskFinally: finally runs after a failure', async () => {
    const last = { name: 'last', taskSpec: telling('printf cleaned') };
    const run = await tekton.pipelineRun({ pipelineSpec: { tasks: [task('bad', 'exit 1')], finally: [last] } });
    expect(succeeded(run)).toEqual(succeededAs('False', 'Failed'));
    expect(resultsOf(await tekton.childOf(run, 'last'))).toEqual({ told: 'cleaned' });
  });

  test('PipelineRunChildReferences: the status names the runs of the tasks', async () => {
    const run = await tekton.pipelineRun({ pipelineSpec: { tasks: [task('one', 'true'), task('two', 'true')] } });
    expect(run.status?.childReferences).toEqual(
      ['one', 'two'].map((name) => ({
        apiVersion: 'tekton.dev/v1',
        kind: 'TaskRun',
        name: `${run.metadata.name}-${name}`,
        pipelineTaskName: name,
      })),
    );
  });
});

test('a step that fails makes its TaskRun `Failed` where the setting says so', async () => {
  const older = await Conformant.start({ STEP_FAILURE_REASON: 'Failed' });
  try {
    const run = await older.taskRun({ taskSpec: { steps: steps('exit 1') } });
    expect(succeeded(run)).toEqual(succeededAs('False', 'Failed'));
  } finally {
    await older.stop();
  }
});

function resultsOf({ status }: TaskRun): Record<string, unknown> {
  return Object.fromEntries((status?.results ?? []).map(({ name, value }) => [name, value]));
}

/** A task whose only step writes what its script prints as the result `told`. */
function telling(script: string): NonNullable<TaskRunSpec['taskSpec']> {
  return { results: [{ name: 'told' }], steps: steps(`{ ${script}; } > $(results.told.path)`) };
}

/** A task whose step waits for a file that the sidecar writes, and makes its text the result `read`. */
function shared(script: string): NonNullable<TaskRunSpec['taskSpec']> {
  const volumeMounts = [{ name: 'shared', mountPath: '/shared' }];
  const read =
    'until [ -s /shared/file ]; do sleep 0.05; done; sleep 0.3; tr -d "\\n" < /shared/file > $(results.read.path)';
  return {
    results: [{ name: 'read' }],
    volumes: [{ name: 'shared', emptyDir: {} }],
    steps: [{ name: 's', image: 'ubuntu', volumeMounts, script: read }],
    sidecars: [{ name: 'beside', image: 'ubuntu', volumeMounts, script }],
  };
}
