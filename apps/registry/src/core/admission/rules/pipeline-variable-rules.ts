// Variables in what a pipeline gives its tasks: params, when expressions and matrices.

import {
  looksLikeResultReference,
  resultReferences,
  variablesOfValue,
  variablesOfWhen,
  type Param,
  type PipelineSpec,
  type PipelineTask,
} from '@slipway/contracts';

import { at, listOf, type Findings } from './findings.js';
import type { DeclaredParams } from './param-rules.js';
import {
  notIsolated,
  prohibitedObject,
  prohibitedVariable,
  referencesTo,
  unknownKey,
  unknownVariable,
} from './variable-references.js';

const CONTEXTS: readonly (readonly [prefix: string, names: ReadonlySet<string>])[] = [
  ['context.pipelineRun', new Set(['name', 'namespace', 'uid'])],
  ['context.pipeline', new Set(['name'])],
  ['context.pipelineTask', new Set(['retries'])],
];

/** Every param that tasks refer to is declared, and used as what it is. */
export function checkPipelineParamUsage(
  tasks: readonly PipelineTask[],
  declared: DeclaredParams,
  path: string,
  findings: Findings,
): void {
  tasks.forEach((task, index) => {
    const own = `${path}[${index}]`;
    for (const param of listOf(task.params)) checkParam(param, declared, at(own, `params[${param.name}]`), findings);
    for (const { name, value } of listOf(task.matrix?.params)) {
      const texts = Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];
      texts.forEach((text, i) =>
        checkArrayText(text, declared, at(own, `matrix.params[${name}].value[${i}]`), findings),
      );
    }
    listOf(task.matrix?.include).forEach((include, i) => {
      for (const { name, value } of listOf(include.params)) {
        if (typeof value === 'string')
          checkText(value, declared, at(own, `matrix.include[${i}].params[${name}]`), findings);
      }
    });
    listOf(task.when).forEach((when, i) => {
      checkText(when.input, declared, at(own, `when[${i}].input`), findings);
      for (const value of listOf(when.values)) {
        const check = isWholeArray(value, declared) ? checkArrayText : checkText;
        check(value, declared, at(own, `when[${i}].values`), findings);
      }
    });
  });
}

function checkParam({ value }: Param, declared: DeclaredParams, path: string, findings: Findings): void {
  if (Array.isArray(value)) {
    value.forEach((text, i) => checkArrayText(text, declared, at(path, `value[${i}]`), findings));
  } else if (typeof value === 'object') {
    for (const [key, text] of Object.entries(value))
      checkText(text, declared, at(path, `properties[${key}]`), findings);
  } else if (isWholeReference(value)) {
    const unknown = unknownVariable(value, 'params', declared.all);
    if (unknown !== undefined) findings.add(unknown, path);
  } else {
    checkText(value, declared, path, findings);
  }
}

/** `$(params.x[*])` and nothing else: any declared param may stand there. */
function isWholeReference(text: string | undefined): boolean {
  return /^\$\(params(\.[^.\n)]+|\["[^"\n]+"\]|\['[^'\n]+'\])\[\*\]\)$/.test(text ?? '');
}

function isWholeArray(text: string, declared: DeclaredParams): boolean {
  const [reference] = referencesTo(text, 'params');
  return (
    reference !== undefined && reference.text === text && declared.arrays.has(reference.raw.replace(/\[\*\]$/, ''))
  );
}

function checkText(text: string | undefined, declared: DeclaredParams, path: string, findings: Findings): void {
  check(text, declared, prohibitedVariable(text, 'params', declared.arrays), path, findings);
}

function checkArrayText(text: string, declared: DeclaredParams, path: string, findings: Findings): void {
  check(text, declared, notIsolated(text, 'params', declared.arrays), path, findings);
}

function check(
  text: string | undefined,
  declared: DeclaredParams,
  misuse: string | undefined,
  path: string,
  findings: Findings,
): void {
  const problems = [
    unknownVariable(text, 'params', declared.all),
    unknownKey(text, 'params', declared.objects),
    prohibitedObject(text, 'params', declared.objects),
    misuse,
  ];
  for (const problem of problems) if (problem !== undefined) findings.add(problem, path);
}

/** Variables of the run, the pipeline and the task that exist. */
export function checkContextVariables(task: PipelineTask, path: string, findings: Findings): void {
  const params = [
    ...listOf(task.params).map((param) => ({ param, own: at(path, `params[${param.name}].value`) })),
    ...listOf(task.matrix?.params).map((param) => ({ param, own: at(path, `matrix.params[${param.name}].value`) })),
    ...listOf(task.matrix?.include).flatMap((include, i) =>
      listOf(include.params).map((param) => ({
        param,
        own: at(path, `matrix.include[${i}].params[${param.name}].value`),
      })),
    ),
  ];
  for (const { param, own } of params) {
    for (const text of textsOf(param)) {
      for (const [prefix, names] of CONTEXTS) {
        const unknown = unknownVariable(text, prefix, names);
        if (unknown !== undefined) findings.add(unknown, own);
      }
    }
  }
}

function textsOf({ value }: Param): readonly string[] {
  if (typeof value === 'string') return [value];
  return value === undefined ? [] : Object.values(value);
}

/** `$(tasks.x.status)` and `$(tasks.x.reason)` are known only when all tasks have ended: in `finally`. */
export function checkStatusVariables(spec: PipelineSpec, path: string, findings: Findings): void {
  const known = new Set(listOf(spec.tasks).map((task) => task.name));
  const none =
    'pipeline tasks can not refer to execution status of any other pipeline task or aggregate status of tasks';
  forEachExpressions(listOf(spec.tasks), at(path, 'tasks'), (expressions, own) => {
    if (!expressions.some(looksLikeResultReference) && expressions.some(isStatus)) findings.invalid(none, own);
  });
  forEachExpressions(listOf(spec.finally), at(path, 'finally'), (expressions, own) => {
    if (expressions.some(looksLikeResultReference)) return;
    for (const expression of expressions.filter(isStatus)) {
      if (expression === 'tasks.status') continue;
      const task = expression.slice('tasks.'.length).replace(/\.(?:status|reason)$/, '');
      if (!known.has(task)) findings.invalid(`pipeline task ${task} is not defined in the pipeline`, own);
    }
  });
}

function isStatus(expression: string): boolean {
  return expression.startsWith('tasks.') && /\.(?:status|reason)$/.test(expression);
}

/** Final tasks run together: they take results of tasks that ran before, and none of each other. */
export function checkFinallyReferences(spec: PipelineSpec, path: string, findings: Findings): void {
  const tasks = new Set(listOf(spec.tasks).map((task) => task.name));
  const finals = new Set(listOf(spec.finally).map((task) => task.name));
  forEachExpressions(listOf(spec.finally), at(path, 'finally'), (expressions, own) => {
    for (const { pipelineTask } of resultReferences(expressions)) {
      const words = 'invalid task result reference, final task has task result reference from a';
      if (finals.has(pipelineTask)) findings.invalid(`${words} final task ${pipelineTask}`, own);
      else if (!tasks.has(pipelineTask)) {
        findings.invalid(`${words} task ${pipelineTask} which is not defined in the pipeline`, own);
      }
    }
  });
}

/** The expressions of each param and each when expression. */
function forEachExpressions(
  tasks: readonly PipelineTask[],
  path: string,
  visit: (expressions: readonly string[], path: string) => void,
): void {
  tasks.forEach((task, index) => {
    const own = `${path}[${index}]`;
    for (const param of listOf(task.params)) {
      visit(variablesOfValue(param.value), at(own, `params[${param.name}].value`));
    }
    listOf(task.when).forEach((when, i) => visit(variablesOfWhen(when), at(own, `when[${i}]`)));
  });
}
