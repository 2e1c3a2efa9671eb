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
  type TaskRunResult,
  type TaskRunSpec,
  type TaskSpec,
} from '@slipway/contracts';
import type { ChildObject } from '../src/core/child-kind.js';
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

/** Tekton forgets the states of tasks in the guards of a finally task that has run, and shows the variables again. */
const SHOWS_VARIABLES = /pipelinerun-with-(cel-)?when-expressions/;

const cases = oracleFiles()
  .filter(([name]) => name.startsWith('pipelineruns__'))
  .flatMap(([name, content]) =>
    (content as Oracle).pipelineRuns
      .filter(
        ({ conditions }) =>
          conditions?.[0]?.status !== 'Unknown' && !/CouldntGet|Resolution/.test(conditions?.[0]?.reason ?? ''),
      )
      .map((run) => [name, run, content as Oracle] as const),
  );

(cases.length === 0 ? describe.skip : describe)('runs end as with Tekton', () => {
  test.each(cases.length === 0 ? [['none', {} as OracleRun, { taskRuns: [], pipelineRuns: [] }]] : cases)(
    '%s',
    (name, theirs, { taskRuns, pipelineRuns }) => {
      const replay = new Replay(theirs, [...taskRuns, ...pipelineRuns]);
      const ours = replay.play();
      const isShown = !SHOWS_VARIABLES.test(name);
      expect(brief(ours.status, isShown)).toEqual(brief(theirs, isShown));
      for (const [created, child] of replay.created) {
        const expected = [...taskRuns, ...pipelineRuns].find((one) => one.name === created);
        expect({ created, ...specOf(child.spec) }).toEqual({ created, ...specOf(expected!.spec) });
        const labels = Object.entries(child.metadata.labels!).filter(([key]) => key !== SHARD_LABEL);
        expect(expected!.labels).toMatchObject(Object.fromEntries(labels)); // the executor adds those of the Task
      }
    },
  );
});

class Replay {
  readonly created = new Map<string, ChildObject>();
  constructor(
    private readonly theirs: OracleRun,
    private readonly children: readonly (OracleTaskRun | OracleRun)[],
  ) {}

  play(): PipelineRun {
    const { theirs } = this;
    const uid = this.children.find(({ labels }) => labels[LABELS.pipelineRun] === theirs.name)?.labels[
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
      task: (_kind, name) => this.#taskSpec(name),
      remoteTask: () => undefined,
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
      for (const child of decision.create as ChildObject[]) this.created.set(child.metadata.name, child);
      run = { ...run, status: nextStatus(run, model, decision, NOW).status };
      for (const child of decision.create as ChildObject[]) model.observe(this.#ended(child));
    }
    return run;
  }

  #taskSpec(name: string): TaskSpec | undefined {
    const taskRuns = this.children.filter((one): one is OracleTaskRun => 'taskSpec' in one);
    return taskRuns.find(({ spec }) => spec.taskRef?.name === name)?.taskSpec;
  }

  #ended(child: ChildObject): ChildObject {
    const recorded = this.children.find(({ name }) => name === child.metadata.name);
    if (recorded === undefined) throw new Error(`Tekton made no ${child.kind} ${child.metadata.name}`);
    const status = { conditions: recorded.conditions, results: recorded.results ?? [] };
    return { ...child, status } as ChildObject;
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

function specOf(spec: ChildObject['spec']): Record<string, unknown> {
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
