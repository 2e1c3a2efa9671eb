import { isDone, msOf, succeeded, type Build, type KubeObject, type Param } from '@slipway/contracts';
import { ApiClient } from '../api/client.js';
import { findRun } from '../api/find-run.js';
import { findAccess, type Target } from '../api/kubeconfig.js';
import { childrenBelow } from '../api/nested-runs.js';
import type { RunObject } from '../api/run-kind.js';
import type { CliConfig } from '../config.js';
import { safeLine } from '../core/escapes.js';
import { rowsOf, stateOf } from '../core/run-rows.js';
import { durationText, treeLines } from '../core/tree-text.js';
import { EXIT } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import { statePainter } from '../view/state-style.js';

/** `slipway describe NAME`: what became of a run, task by task and step by step. */
export async function describe(
  args: string[],
  options: Target,
  config: CliConfig,
  terminal: Terminal,
): Promise<number> {
  const client = new ApiClient(await findAccess(options, config));
  const { ref, run } = await findRun(client, args[0] ?? '');
  const children = await childrenBelow(client, ref);
  const paint = statePainter(terminal.colors);
  const nowMs = Date.now();
  const condition = succeeded(run);
  const state = stateOf(condition, run.status?.startTime !== undefined);
  const startMs = msOf(run.status?.startTime);
  const endMs = msOf(run.status?.completionTime);
  const fields: [string, string | undefined][] = [
    ['Name', ref.name],
    ['Namespace', ref.namespace],
    [DEFINED_BY[ref.kind], referenceOf(run)],
    [
      'State',
      `${paint(state, condition?.reason ?? state)}${condition?.message === undefined ? '' : `: ${condition.message}`}`,
    ],
    ['Started', run.status?.startTime],
    [
      'Duration',
      startMs === undefined ? undefined : durationText((endMs ?? nowMs) - startMs) + (isDone(run) ? '' : ' so far'),
    ],
    ...paramsOf(run).map(({ name, value }): [string, string] => [`Param ${name}`, textOf(value)]),
    ...sourcesOf(run),
    ...resultsOf(run).map(({ name, value }): [string, string] => [`Result ${name}`, textOf(value)]),
  ];
  const shown = fields.filter((field): field is [string, string] => field[1] !== undefined && field[1] !== '');
  const width = Math.max(...shown.map(([name]) => name.length)) + 2;
  for (const [name, value] of shown)
    terminal.out(`${`${name}:`.padEnd(width)}${safeLine(value.replaceAll('\n', ' '), terminal.colors)}\n`);
  const rows = rowsOf(run, children.get(ref.name) ?? [], children);
  terminal.out('\n');
  for (const line of treeLines(rows, { nowMs, paint, columns: Infinity, steps: 'all' }))
    terminal.out(`${safeLine(line, terminal.colors)}\n`);
  for (const notice of noticesOf([run, ...[...children.values()].flat()]))
    terminal.out(`\nnote: ${safeLine(notice, false)}\n`);
  return EXIT.succeeded;
}

const DEFINED_BY = { PipelineRun: 'Pipeline', TaskRun: 'Task', Build: 'Template' } as const;

function referenceOf({ spec }: RunObject): string {
  const { pipelineRef, taskRef, template } = spec as Record<string, { name?: string } | undefined>;
  return pipelineRef?.name ?? taskRef?.name ?? template?.name ?? '(inline)';
}

function paramsOf({ spec }: RunObject): readonly Param[] {
  return 'params' in spec ? (spec.params ?? []) : [];
}

function resultsOf({ status = {} }: RunObject): readonly Param[] {
  return 'results' in status ? (status.results ?? []) : [];
}

/** What the sources of a Build turned out to be. */
function sourcesOf({ status }: RunObject): [string, string][] {
  const sources = (status as Build['status'])?.sources ?? [];
  return sources.map(({ name, git }) => [
    `Source ${name}`,
    [git?.url, git?.commit, git?.author, git?.date].filter((part) => part !== undefined).join('  '),
  ]);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trimEnd() : JSON.stringify(value);
}

function noticesOf(objects: readonly KubeObject[]): string[] {
  const notices = objects.flatMap(({ metadata }) =>
    (metadata.annotations?.['slipway.dev/image-notice'] ?? '').split('\n'),
  );
  return [...new Set(notices)].filter((notice) => notice !== '');
}
