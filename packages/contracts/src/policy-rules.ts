// What a policy must be. All that is wrong with it at once, each by its field.

import { durationMs } from './duration.js';
import type { FieldProblem } from './errors.js';
import type { Policy } from './policy.js';
import { isCustomTask } from './custom-run.js';
import type { PipelineTask } from './tekton.js';

/** What is known where a policy is looked at. */
export type PolicyScope =
  /** On a Task or TaskRun: `retry` and nothing else. */
  | { on: 'task' }
  /** On a run whose pipeline is elsewhere: it may say a part of what the Pipeline says in whole. */
  | { on: 'part' }
  | { on: 'pipeline'; tasks: readonly PipelineTask[] };

export const MAX_RETRIES = 100;
export const MAX_LOOP_LIMIT = 10_000;
export const MAX_MAX_DEPTH = 50;
const MAX_ITEMS = 64;
const MAX_DELAY_MS = 24 * 3_600_000;
const PROBLEMS_MAX = 100;

/** What is wrong with a plain value as a policy; empty when it is one. `field` is where it stands. */
export function policyProblems(value: unknown, scope: PolicyScope, field: string): FieldProblem[] {
  const found: FieldProblem[] = [];
  new Checker(found, field, scope).policy(value);
  return found.slice(0, PROBLEMS_MAX);
}

/** The value as a policy; only after `policyProblems` found nothing. */
export function asPolicy(value: unknown): Policy {
  return value ?? {};
}

type Check = (value: unknown, field: string) => void;
type Fields = Readonly<Record<string, Check>>;

class Checker {
  constructor(
    private readonly found: FieldProblem[],
    private readonly root: string,
    private readonly scope: PolicyScope,
  ) {}

  policy(value: unknown): void {
    if (value === null || value === undefined) return;
    if (this.scope.on === 'task') return void this.#map(value, this.root, { retry: this.#retry });
    this.#map(value, this.root, {
      onFailure: this.#oneOf(['stop', 'fail-fast', 'run-all']),
      maxDepth: this.#integer(1, MAX_MAX_DEPTH),
      tasks: this.#tasks,
    });
  }

  readonly #tasks: Check = (value, field) => {
    if (!isMap(value)) return this.#add(field, 'must be a map of pipeline tasks');
    const { scope } = this;
    const known = scope.on === 'pipeline' ? new Map(scope.tasks.map((task) => [task.name, task])) : undefined;
    for (const [name, policy] of Object.entries(value)) {
      const at = `${field}.${name}`;
      const task = known?.get(name);
      if (known !== undefined && task === undefined) {
        this.#add(at, `the pipeline has no task "${name}"`);
        continue;
      }
      this.#map(policy, at, {
        retry: (retry, where) => this.#retryOf(retry, where, task),
        loop: (loop, where) => this.#loop(loop, where, task),
        whenSkipped: (skipped, where) => this.#map(skipped, where, { results: this.#results }, ['results']),
      });
    }
  };

  readonly #retry: Check = (value, field) => {
    this.#map(value, field, {
      limit: this.#integer(0, MAX_RETRIES),
      exitCodes: this.#list(this.#integer(1, 255)),
      reasons: this.#list((reason, at) => {
        if (typeof reason !== 'string' || !/^[A-Z][A-Za-z]{0,62}$/.test(reason)) {
          this.#add(at, 'must be a reason of a run, such as StepOOM');
        }
      }),
      backoff: (backoff, at) =>
        this.#map(
          backoff,
          at,
          { delay: this.#duration, factor: this.#number(1, 10), max: this.#duration },
          this.scope.on === 'part' ? [] : ['delay'],
        ),
    });
  };

  /** What a kind of run cannot keep is refused rather than overlooked. */
  #retryOf(value: unknown, field: string, task: PipelineTask | undefined): void {
    this.#retry(value, field);
    if (task === undefined || !isMap(value)) return;
    const isPipeline = task.pipelineRef !== undefined || task.pipelineSpec !== undefined;
    const [fields, message] = isPipeline
      ? [['exitCodes'], 'is for steps; a pipeline has no exit code: name reasons']
      : isCustomTask(task.taskRef) || isCustomTask(task.taskSpec)
        ? [['exitCodes', 'reasons', 'backoff'], 'is not for a custom task: its controller decides when to try again']
        : [[], ''];
    for (const key of fields) if (Object.hasOwn(value, key)) this.#add(`${field}.${key}`, message);
  }

  #loop(value: unknown, field: string, task: PipelineTask | undefined): void {
    const isRead = this.#map(value, field, {
      concurrency: this.#integer(1, MAX_LOOP_LIMIT),
      stopOnFailure: (flag, at) => {
        if (typeof flag !== 'boolean') this.#add(at, 'must be true or false');
      },
      until: this.#list(this.#guard),
      limit: this.#integer(1, MAX_LOOP_LIMIT),
      delay: this.#duration,
      params: this.#list(this.#param),
    });
    if (!isRead) return;
    const loop = value as Record<string, unknown>;
    const ofMatrix = ['concurrency', 'stopOnFailure'].filter((key) => loop[key] !== undefined);
    const ofUntil = ['until', 'limit', 'delay', 'params'].filter((key) => loop[key] !== undefined);
    for (const key of ofMatrix) {
      if (ofUntil.length > 0) this.#add(`${field}.${key}`, 'is for a matrix and cannot stand with "until"');
      else if (task !== undefined && task.matrix === undefined)
        this.#add(`${field}.${key}`, 'is for a task with a matrix');
    }
    if (this.scope.on === 'part' || ofUntil.length === 0) return;
    if (!Array.isArray(loop['until']) || loop['until'].length === 0) this.#add(`${field}.until`, 'is missing');
    if (task?.matrix !== undefined) this.#add(`${field}.until`, 'cannot be for a task with a matrix');
  }

  readonly #guard: Check = (value, field) => {
    const isRead = this.#map(value, field, {
      input: this.#text,
      operator: this.#oneOf(['in', 'notin']),
      values: this.#list(this.#text),
      cel: this.#text,
    });
    if (!isRead) return;
    const { input, operator, values, cel } = value as Record<string, unknown>;
    const isPlain = input !== undefined && operator !== undefined && values !== undefined;
    const hasSome = input !== undefined || operator !== undefined || values !== undefined;
    if (cel === undefined ? !isPlain : hasSome) this.#add(field, 'must have input, operator and values, or cel');
  };

  readonly #param: Check = (value, field) => {
    this.#map(value, field, { name: this.#text, value: this.#paramValue }, ['name', 'value']);
  };

  readonly #results: Check = (value, field) => {
    if (!isMap(value)) return this.#add(field, 'must be a map of results');
    for (const [name, result] of Object.entries(value)) this.#paramValue(result, `${field}.${name}`);
  };

  readonly #paramValue: Check = (value, field) => {
    const items = Array.isArray(value) ? value : isMap(value) ? Object.values(value) : [value];
    if (!items.every((item) => typeof item === 'string')) {
      this.#add(field, 'must be a string, a list of strings, or a map of strings; put numbers in quotes');
    }
  };

  readonly #text: Check = (value, field) => {
    if (typeof value !== 'string') this.#add(field, 'must be a string');
  };

  readonly #duration: Check = (value, field) => {
    const ms = typeof value === 'string' ? durationMs(value) : undefined;
    if (ms === undefined || ms < 0 || ms > MAX_DELAY_MS)
      this.#add(field, 'must be a duration from 0s to 24h, such as 10s');
  };

  #oneOf(words: readonly string[]): Check {
    return (value, field) => {
      if (typeof value !== 'string' || !words.includes(value)) this.#add(field, `must be one of ${words.join(', ')}`);
    };
  }

  #integer(least: number, most: number): Check {
    return (value, field) => {
      if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
        this.#add(field, `must be a whole number from ${least} to ${most}`);
      }
    };
  }

  #number(least: number, most: number): Check {
    return (value, field) => {
      if (typeof value !== 'number' || !(value >= least && value <= most)) {
        this.#add(field, `must be a number from ${least} to ${most}`);
      }
    };
  }

  #list(item: Check): Check {
    return (value, field) => {
      if (!Array.isArray(value)) return this.#add(field, 'must be a list');
      if (value.length > MAX_ITEMS) return this.#add(field, `may have ${MAX_ITEMS} items`);
      value.forEach((one, i) => item(one, `${field}[${i}]`));
    };
  }

  /** Whether it is a map at all; its fields are checked, and unknown ones refused. */
  #map(value: unknown, field: string, fields: Fields, required: readonly string[] = []): boolean {
    if (!isMap(value)) {
      this.#add(field, 'must be a map');
      return false;
    }
    for (const [key, item] of Object.entries(value)) {
      const check = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (check === undefined) {
        this.#add(`${field}.${key}`, `is unknown; there are ${Object.keys(fields).join(', ')}`);
      } else if (item === null) this.#add(`${field}.${key}`, 'has no value');
      else check(item, `${field}.${key}`);
    }
    for (const key of required) if (!Object.hasOwn(value, key)) this.#add(`${field}.${key}`, 'is missing');
    return true;
  }

  #add(field: string, message: string): void {
    if (this.found.length >= PROBLEMS_MAX) return;
    const reason = message === 'is missing' ? 'FieldValueRequired' : 'FieldValueInvalid';
    this.found.push({ field, reason, message });
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
