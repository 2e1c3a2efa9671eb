// What a real Tekton did with its own examples, replayed: its TaskRuns end here as they ended there, and everything
// else must follow.

import { isDeepStrictEqual } from 'node:util';
import { oracleFiles } from '@slipway/testing';
import {
  LABELS,
  SHARD_LABEL,
  isDone,
  type Condition,
  type PipelineRun,
  type PipelineRunStatus,
  type PipelineSpec,
  type TaskRun,
  type TaskRunResult,
  type TaskRunSpec,
  type TaskSpec,
} from '@slipway/contracts';
import { compile, effectiveSpec } from '../src/core/compile.js';
import { decide } from '../src/core/decide.js';
import { nextStatus } from '../src/core/next-status.js';
import { RunModel } from '../src/core/run-model.js';
import { NOW } from './builders.js';

interface OracleTaskRun {
  name: string;
  labels: Record<string, string>;
  spec: TaskRunSpec;
  conditions: Condition[];
  results?: TaskRunResult[];
  taskSpec?: TaskSpec;
}
interface OracleRun extends PipelineRunStatus {
  name: string;
  labels: Record<string, string>;
  ownerReferences: string[];
  spec: PipelineRun['spec'];
}
interface Oracle {
  taskRuns: OracleTaskRun[];
  pipelineRuns: OracleRun[];
}

/** Runs that need what is refused for now, by the part of the file's name that says so. */
const REFUSED = /pipelines-in-pipelines|cel-when|http-resolver|git-resolver/;
/** Tekton forgets the states of tasks in the guards of a finally task that has run, and shows the variables again. */
const SHOWS_VARIABLES = /pipelinerun-with-when-expressions/;

const cases = oracleFiles()
  .filter(([name]) => name.startsWith('pipelineruns__') && !REFUSED.test(name))
  .flatMap(([name, content]) =>
    (content as Oracle).pipelineRuns
      .filter(
        ({ conditions }) =>
          conditions?.[0]?.status !== 'Unknown' && !/CouldntGet|Resolution/.test(conditions?.[0]?.reason ?? ''),
      )
      .map((run) => [name, run, (content as Oracle).taskRuns] as const),
  );

(cases.length === 0 ? describe.skip : describe)('runs end as with Tekton', () => {
  test.each(cases.length === 0 ? [['none', {} as OracleRun, []]] : cases)('%s', (name, theirs, taskRuns) => {
    const replay = new Replay(theirs, taskRuns);
    const ours = replay.play();
    const isShown = !SHOWS_VARIABLES.test(name);
    expect(brief(ours.status, isShown)).toEqual(brief(theirs, isShown));
    for (const [created, taskRun] of replay.created) {
      const expected = taskRuns.find((one) => one.name === created);
      expect({ created, ...specOf(taskRun.spec) }).toEqual({ created, ...specOf(expected!.spec) });
      const labels = Object.entries(taskRun.metadata.labels!).filter(([key]) => key !== SHARD_LABEL);
      expect(expected!.labels).toMatchObject(Object.fromEntries(labels)); // the executor adds those of the Task
    }
  });
});

class Replay {
  readonly created = new Map<string, TaskRun>();
  constructor(
    private readonly theirs: OracleRun,
    private readonly taskRuns: readonly OracleTaskRun[],
  ) {}

  play(): PipelineRun {
    const { theirs } = this;
    const uid = this.taskRuns.find(({ labels }) => labels[LABELS.pipelineRun] === theirs.name)?.labels[
      LABELS.pipelineRunUid
    ];
    let run: PipelineRun = {
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      metadata: { name: theirs.name, namespace: 'default', uid: uid ?? 'uid', labels: theirs.labels },
      spec: theirs.spec,
    };
    const spec: PipelineSpec = theirs.spec.pipelineSpec ?? theirs.pipelineSpec!;
    const source = { name: theirs.labels[LABELS.pipeline] ?? theirs.name, spec };
    const compilation = compile(run, source, effectiveSpec(run, source), {
      task: (_kind, name) => this.taskRuns.find((one) => one.spec.taskRef?.name === name)?.taskSpec,
      condition: () => undefined,
      resource: () => undefined,
    });
    if (compilation.kind === 'refused') {
      return { ...run, status: { conditions: [{ type: 'Succeeded', status: 'False', ...compilation.refusal }] } };
    }
    run = { ...run, status: { startTime: '2026-01-01T00:00:00Z' } };
    const model = new RunModel(compilation.pipeline, run, []);
    for (let turn = 0; turn < 100 && !isDone(run); turn++) {
      const decision = decide(run, model, NOW)!;
      for (const taskRun of decision.create as TaskRun[]) this.created.set(taskRun.metadata.name, taskRun);
      run = { ...run, status: nextStatus(run, model, decision, NOW).status };
      for (const taskRun of decision.create as TaskRun[]) model.observe(this.#ended(taskRun));
    }
    return run;
  }

  #ended(taskRun: TaskRun): TaskRun {
    const recorded = this.taskRuns.find(({ name }) => name === taskRun.metadata.name);
    if (recorded === undefined) throw new Error(`Tekton made no TaskRun ${taskRun.metadata.name}`);
    return { ...taskRun, status: { conditions: recorded.conditions, results: recorded.results ?? [] } };
  }
}

function brief(status: PipelineRunStatus | undefined, hasGuards: boolean): unknown {
  const byName = <T extends { name: string }>(list: readonly T[] | undefined): T[] =>
    [...(list ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
  return plain({
    conditions: status?.conditions?.map(({ type, status: is, reason, message }) => ({ type, is, reason, message })),
    results: status?.results ?? [],
    skippedTasks: byName(status?.skippedTasks),
    childReferences: byName(status?.childReferences).map((child) =>
      hasGuards ? child : { ...child, whenExpressions: undefined },
    ),
    startsFinally: status?.finallyStartTime !== undefined,
  });
}

function specOf(spec: TaskRunSpec): Record<string, unknown> {
  const workspaces = spec.workspaces?.map((workspace) => {
    const claim = workspace.persistentVolumeClaim?.claimName;
    return claim?.startsWith('pvc-') ? { ...workspace, persistentVolumeClaim: { claimName: 'pvc' } } : workspace;
  });
  return plain({ ...spec, workspaces }) as Record<string, unknown>;
}

/** Without what Go writes and means nothing. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value, (key, item: unknown) =>
    (key === 'computeResources' && isDeepStrictEqual(item, {})) || item === '' ? undefined : item,
  );
  return JSON.parse(text) as unknown;
}
