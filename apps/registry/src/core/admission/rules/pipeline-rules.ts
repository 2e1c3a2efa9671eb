// The spec of a pipeline, wherever it stands: in a Pipeline, inline in a run, inline in another pipeline.

import {
  buildGraph,
  looksLikeResultReference,
  parseResultReference,
  variablesOfValue,
  type GraphProblem,
  type PipelineSpec,
} from '@slipway/contracts';

import { at, listOf, type Findings } from './findings.js';
import { checkMatrix, checkMatrixedResults } from './matrix-rules.js';
import { checkEnums, checkNoDuplicateSpecs, checkParamTypes, checkParamsOnce } from './param-rules.js';
import { checkPipelineTasks } from './pipeline-task-rules.js';
import { checkContextVariables, checkFinallyReferences, checkStatusVariables } from './pipeline-variable-rules.js';
import { checkPipelineResources } from './resource-rules.js';
import { quoted } from './variable-references.js';
import { checkWhen } from './when-rules.js';

/** Everything that is wrong with a pipeline for itself: references to params that a run may bring are left alone. */
export function checkPipelineSpec(spec: PipelineSpec, path: string, findings: Findings): void {
  if (Object.keys(spec).length === 0) {
    const fields = ['description', 'params', 'resources', 'tasks', 'workspaces'];
    findings.add(
      'expected at least one, got none',
      fields.map((field) => at(path, field)),
    );
  }
  const tasks = listOf(spec.tasks);
  const finals = listOf(spec.finally);
  const names = new Set<string>();
  checkPipelineTasks(tasks, names, at(path, 'tasks'), findings);
  checkPipelineTasks(finals, names, at(path, 'finally'), findings);
  checkGraph(spec, path, findings);
  checkParamTypes(listOf(spec.params), at(path, 'params'), findings);
  checkNoDuplicateSpecs(listOf(spec.params), path, findings);
  checkEnums(listOf(spec.params), path, findings);
  for (const section of ['tasks', 'finally'] as const) {
    listOf(spec[section]).forEach((task, index) => {
      const own = at(path, `${section}[${index}]`);
      checkParamsOnce(task.params, at(own, 'params'), findings);
      checkContextVariables(task, own, findings);
      listOf(task.when).forEach((when, i) => checkWhen(when, at(own, `when[${i}]`), findings));
      checkMatrix(task, own, findings);
      if (task.pipelineSpec !== undefined) checkPipelineSpec(task.pipelineSpec, at(own, 'pipelineSpec'), findings);
    });
  }
  checkStatusVariables(spec, path, findings);
  checkWorkspaceDeclarations(spec, path, findings);
  checkResults(spec, path, findings);
  checkFinally(spec, path, findings);
  checkMatrixedResults(spec, path, findings);
  checkPipelineResources(spec, path, findings);
}

function checkGraph(spec: PipelineSpec, path: string, findings: Findings): void {
  for (const problem of buildGraph(listOf(spec.tasks)).problems) {
    if (problem.kind === 'duplicate-task') continue; // reported with the task's own place
    findings.invalid(problem.message, at(path, 'tasks'), detailsOf(problem));
  }
}

function detailsOf(problem: GraphProblem): string | undefined {
  if (problem.kind !== 'cycle') return undefined;
  const shown = problem.cycle.length > 20 ? [...problem.cycle.slice(0, 20), '…'] : problem.cycle;
  return `each waits for the next: ${[...shown, problem.cycle[0]].join(' → ')}`;
}

function checkWorkspaceDeclarations(spec: PipelineSpec, path: string, findings: Findings): void {
  const names = new Set<string>();
  listOf(spec.workspaces).forEach(({ name }, index) => {
    const own = at(path, `workspaces[${index}]`);
    if ((name ?? '') === '') findings.invalid(`workspace ${index} has empty name`, own);
    if (names.has(name)) findings.invalid(`workspace with name ${quoted(name)} appears more than once`, own);
    names.add(name);
  });
}

/** Every task's workspace is one that the pipeline declares. Runs may bring more to what is inline in them. */
export function checkWorkspaceUsage(spec: PipelineSpec, path: string, findings: Findings): void {
  const declared = new Set(listOf(spec.workspaces).map((workspace) => workspace.name));
  for (const section of ['tasks', 'finally'] as const) {
    listOf(spec[section]).forEach((task, index) => {
      const bound = new Set<string>();
      listOf(task.workspaces).forEach(({ name, workspace }, i) => {
        const own = at(path, `${section}[${index}].workspaces[${i}]`);
        if (bound.has(name)) findings.add(`workspace name ${quoted(name)} must be unique`, own);
        bound.add(name);
        const wanted = workspace === undefined || workspace === '' ? name : workspace;
        if (declared.has(wanted)) return;
        const why = `pipeline task ${quoted(task.name)} expects workspace with name ${quoted(wanted)} but none exists in pipeline spec`;
        findings.invalid(why, own);
      });
    });
  }
}

function checkResults(spec: PipelineSpec, path: string, findings: Findings): void {
  const known = {
    tasks: new Set(listOf(spec.tasks).map((task) => task.name)),
    finally: new Set(listOf(spec.finally).map((task) => task.name)),
  };
  listOf(spec.results).forEach((result, index) => {
    const own = at(path, `results[${index}].value`);
    const expressions = variablesOfValue(result.value);
    const words = 'expected pipeline results to be task result expressions but';
    if (expressions.length === 0) findings.invalid(`${words} no expressions were found`, own);
    const references = expressions.filter(looksLikeResultReference);
    if (references.length === 0) findings.invalid(`${words} an invalid expressions was found`, own);
    const parsed = references.flatMap((expression) => parseResultReference(expression) ?? []);
    if (parsed.length !== references.length) {
      const good = parsed.map((reference) => `tasks.${reference.pipelineTask}.results.${reference.result}`);
      const why = `expected all of the expressions [${references.join(' ')}] to be result expressions but only [${good.join(' ')}] were`;
      findings.invalid(why, own);
    }
    if (parsed.some((reference) => !known[reference.section].has(reference.pipelineTask))) {
      findings.invalid('referencing a nonexistent task', own);
    }
  });
}

function checkFinally(spec: PipelineSpec, path: string, findings: Findings): void {
  const finals = listOf(spec.finally);
  if (finals.length > 0 && listOf(spec.tasks).length === 0) {
    findings.invalid(`spec.tasks is empty but spec.finally has ${finals.length} tasks`, at(path, 'finally'));
  }
  finals.forEach((task, index) => {
    if (listOf(task.runAfter).length === 0) return;
    const why = `no runAfter allowed under spec.finally, final task ${task.name} has runAfter specified`;
    findings.invalid(why, at(path, `finally[${index}]`));
  });
  checkFinallyReferences(spec, path, findings);
}
