// Where a value that somebody else chooses is pasted into a shell script. Substitution is Tekton's: plain text, never
// escaped. So a param that stands in a script is read by the shell as if the author had written it.

import type { KubeObject } from './kube.js';
import { quotingOf, type Quoting } from './shell-quoting.js';
import type { ParamSpec, PipelineSpec, Sidecar, Step, TaskSpec } from './tekton.js';

/** One variable in one script. */
export interface ScriptInjection {
  /** Of the pipeline task, or of the object itself. */
  task: string;
  /** Name of the step or sidecar, or its number, counting from 0. */
  step: string;
  /** `spec.steps[0].script`, or the argument of a shell's `-c`. */
  field: string;
  /** In the script, counting from 1. */
  line: number;
  /** `$(params.target)`. */
  variable: string;
  quoting: Exclude<Quoting, 'comment'>;
}

/** More findings help nobody. */
const MOST_FOUND = 100;

/**
 * Every variable of an object's scripts whose value can bring commands with it, of any version; in the order of the document.
 *
 * Params and results are looked at. What the platform makes itself (paths, names) is harmless, and so is a param that can
 * only be one of a few plain words. Scripts of other languages are not looked at.
 */
export function scriptInjections(object: KubeObject): ScriptInjection[] {
  const found: ScriptInjection[] = [];
  const { spec } = object as { spec?: unknown };
  if (!isObject(spec)) return found;
  const name = object.metadata.name || (object.metadata.generateName ?? '');
  switch (object.kind) {
    case 'Task':
    case 'ClusterTask':
      inTask(spec, name, 'spec', found);
      break;
    case 'StepAction':
      inSteps([spec], () => 'spec', name, undefined, found);
      break;
    case 'Condition':
      inSteps([spec['check'] as Step], () => 'spec.check', name, paramsOf(spec), found);
      break;
    case 'TaskRun':
      if (isObject(spec['taskSpec'])) inTask(spec['taskSpec'], name, 'spec.taskSpec', found);
      break;
    case 'Pipeline':
      inPipeline(spec, 'spec', found);
      break;
    case 'PipelineRun':
      if (isObject(spec['pipelineSpec'])) inPipeline(spec['pipelineSpec'], 'spec.pipelineSpec', found);
      break;
  }
  return found.slice(0, MOST_FOUND);
}

/** The finding as a sentence, with what to do instead. */
export function injectionText({ task, step, field, line, variable, quoting }: ScriptInjection): string {
  const shown = variable.length > 100 ? `${variable.slice(0, 100)}…` : variable;
  const how = quoting === 'none' ? 'unquoted' : `in ${quoting} quotes, which its value can end`;
  const place = field.endsWith('script') ? 'script' : 'shell command';
  return (
    `task "${task}", step "${step}": line ${line} of its ${place} has ${shown} ${how}: the value is pasted in and may run as commands. ` +
    `Give the step env: [{name: ${environmentName(variable)}, value: ${shown}}] and write "$${environmentName(variable)}" there.`
  );
}

function environmentName(variable: string): string {
  const [, double, single, plain] = LAST_NAME.exec(variable) ?? [];
  const last = double ?? single ?? plain ?? 'VALUE';
  const name = last
    .slice(0, 60)
    .toUpperCase()
    .replace(/[^A-Z0-9_]/g, '_');
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

/** Quoted names may hold dots; an index behind the name does not matter. */
const LAST_NAME = /(?:\["([^"]+)"\]|\['([^']+)'\]|\.([^.[\](){}]+))(?:\[[^\]"']*\])?[)}]$/;

// Documents may be anything here: they are looked at before they are checked -------------------------------------------

type Fields = Record<string, unknown>;

function inPipeline(spec: Fields | PipelineSpec, path: string, found: ScriptInjection[]): void {
  for (const section of ['tasks', 'finally'] as const) {
    const tasks: unknown = spec[section];
    if (!Array.isArray(tasks)) continue;
    tasks.forEach((task: unknown, index) => {
      if (!isObject(task) || found.length >= MOST_FOUND) return;
      const own = `${path}.${section}[${index}]`;
      const name = typeof task['name'] === 'string' ? task['name'] : String(index);
      if (isObject(task['taskSpec'])) inTask(task['taskSpec'], name, `${own}.taskSpec`, found);
      if (isObject(task['pipelineSpec'])) inPipeline(task['pipelineSpec'], `${own}.pipelineSpec`, found);
    });
  }
}

function inTask(spec: Fields | TaskSpec, task: string, path: string, found: ScriptInjection[]): void {
  const params = paramsOf(spec);
  for (const section of ['steps', 'sidecars'] as const) {
    const list: unknown = spec[section];
    if (Array.isArray(list)) inSteps(list, (index) => `${path}.${section}[${index}]`, task, params, found);
  }
}

function paramsOf(spec: Fields | TaskSpec): readonly ParamSpec[] | undefined {
  const params: unknown = spec.params;
  return Array.isArray(params) ? (params as ParamSpec[]) : undefined;
}

function inSteps(
  steps: readonly (Step | Sidecar)[],
  pathOf: (index: number) => string,
  task: string,
  params: readonly ParamSpec[] | undefined,
  found: ScriptInjection[],
): void {
  let harmless: ReadonlySet<string> | undefined;
  steps.forEach((step, index) => {
    if (!isObject(step)) return;
    for (const { field, script } of scriptsOf(step)) {
      for (const { variable, line, quoting } of variablesIn(script)) {
        if (found.length >= MOST_FOUND) return;
        harmless ??= harmlessParams(params);
        if (harmless.has(variable)) continue;
        const name = typeof step.name === 'string' && step.name !== '' ? step.name : String(index);
        found.push({ task, step: name, field: `${pathOf(index)}.${field}`, line, variable, quoting });
      }
    }
  });
}

/** References to params that can only be plain words. */
function harmlessParams(params: readonly ParamSpec[] | undefined): ReadonlySet<string> {
  const names = (params ?? []).flatMap((param) => {
    const words: unknown = param?.enum;
    const isPlain = Array.isArray(words) && words.length > 0 && words.every((word) => PLAIN.test(String(word)));
    return isPlain ? [param.name] : [];
  });
  return new Set(names.flatMap((name) => [`$(params.${name})`, `$(params["${name}"])`, `$(params['${name}'])`]));
}

const PLAIN = /^[\w./:=@%+,-]*$/;

// Scripts --------------------------------------------------------------------------------------------------------------

interface FieldScript {
  field: string;
  script: string;
}

function scriptsOf(step: Step | Sidecar): FieldScript[] {
  if (typeof step.script === 'string' && step.script !== '') {
    return isShellScript(step.script) ? [{ field: 'script', script: step.script }] : [];
  }
  const words = (['command', 'args'] as const).flatMap((field) => {
    const list: unknown = step[field];
    return Array.isArray(list) ? list.map((word, i) => ({ field: `${field}[${i}]`, script: String(word) })) : [];
  });
  const shell = words.slice(0, 3).findIndex(({ script }) => SHELLS.test(script));
  if (shell < 0) return [];
  const option = words.findIndex(({ script }, i) => i > shell && /^-[a-z]*c$/i.test(script));
  const script = option < 0 ? undefined : words[option + 1];
  return script === undefined ? [] : [script];
}

const SHELLS = /^(?:\S*\/)?(?:ba|da|a|z|k|mk)?sh$/;

/** A script without a first line of its own is one of sh. */
function isShellScript(script: string): boolean {
  if (!script.startsWith('#!')) return true;
  const end = script.indexOf('\n');
  const words = script
    .slice(2, end < 0 ? undefined : end)
    .trim()
    .split(/\s+/, 3);
  return words.some((word) => SHELLS.test(word));
}

/** Params and results of tasks and steps, in every spelling. */
const VARIABLE =
  /\$\((?:inputs\.)?params(?:\.[^()\s]+|\[[^()\n]+)\)|\$\((?:tasks|finally|steps)\.[^().\s]+\.results[.[][^()\s]+\)|\$\{inputs\.params\.[^{}\s]+\}/g;

function variablesIn(script: string): { variable: string; line: number; quoting: ScriptInjection['quoting'] }[] {
  if (!script.includes('$(') && !script.includes('${inputs.')) return [];
  const matches = [...script.matchAll(VARIABLE)];
  if (matches.length === 0) return [];
  const quotings = quotingOf(
    script,
    matches.map(({ index, 0: text }) => ({ start: index, end: index + text.length })),
  );
  const lines = new LineCounter(script);
  return matches.flatMap(({ index, 0: variable }, i) => {
    const quoting = quotings[i]!;
    return quoting === 'comment' ? [] : [{ variable, line: lines.at(index), quoting }];
  });
}

/** Line numbers of ever later places. */
class LineCounter {
  #line = 1;
  #from = 0;

  constructor(private readonly text: string) {}

  at(index: number): number {
    for (let end = this.text.indexOf('\n', this.#from); end >= 0 && end < index;) {
      this.#line++;
      this.#from = end + 1;
      end = this.text.indexOf('\n', this.#from);
    }
    return this.#line;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
