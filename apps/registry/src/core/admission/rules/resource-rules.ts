// PipelineResources of 2020, where tasks and pipelines declare and use them.

import type { PipelineSpec, PipelineTask, TaskSpec } from '@slipway/contracts';

import { at, listOf, type Findings } from './findings.js';

export const RESOURCE_TYPES: readonly string[] = [
  'git',
  'storage',
  'image',
  'cluster',
  'pullRequest',
  'cloudEvent',
  'gcs',
  'build-gcs',
];

/** What a task takes and makes: known types, each name once on its side. */
export function checkTaskResources(resources: TaskSpec['resources'], path: string, findings: Findings): void {
  for (const side of ['inputs', 'outputs'] as const) {
    const names = new Set<string>();
    listOf(resources?.[side]).forEach(({ name, type }, index) => {
      const own = at(path, `${side}[${index}]`);
      if (names.has(name)) findings.both([at(own, 'name')]);
      names.add(name);
      if (!RESOURCE_TYPES.includes(type))
        findings.invalid(type ?? '', at(own, 'type'), `must be one of ${RESOURCE_TYPES.join(', ')}`);
    });
  }
}

/**
 * What a pipeline declares is declared once, and what its tasks use is declared. `from` names a task that makes it.
 *
 * A string param of that name counts as declared: books print pipelines whose git resource is given as a URL that way.
 */
export function checkPipelineResources(spec: PipelineSpec, path: string, findings: Findings): void {
  const declared = new Set<string>();
  listOf(spec.resources).forEach(({ name }, index) => {
    if (declared.has(name)) findings.both([at(path, `resources[${index}].name`)]);
    declared.add(name);
  });
  for (const { name, type } of listOf(spec.params)) if ((type ?? 'string') === 'string') declared.add(name);
  const outputs = new Map<string, ReadonlySet<string>>();
  for (const task of listOf(spec.tasks)) {
    outputs.set(task.name, new Set(listOf(task.resources?.outputs).map((output) => output.resource)));
  }
  for (const section of ['tasks', 'finally'] as const) {
    listOf(spec[section]).forEach((task, index) => {
      checkUse(task, declared, outputs, at(path, `${section}[${index}]`), findings);
    });
  }
}

function checkUse(
  task: PipelineTask,
  declared: ReadonlySet<string>,
  outputs: ReadonlyMap<string, ReadonlySet<string>>,
  path: string,
  findings: Findings,
): void {
  const inputs = [
    ...listOf(task.resources?.inputs).map((input, i) => ({ input, own: at(path, `resources.inputs[${i}]`) })),
    ...listOf(task.conditions).flatMap((condition, c) =>
      listOf(condition.resources).map((input, i) => ({ input, own: at(path, `conditions[${c}].resources[${i}]`) })),
    ),
  ];
  const used = [
    ...inputs.map(({ input, own }) => ({ resource: input.resource, own })),
    ...listOf(task.resources?.outputs).map(({ resource }, i) => ({
      resource,
      own: at(path, `resources.outputs[${i}]`),
    })),
  ];
  for (const { resource, own } of used) {
    if (declared.has(resource)) continue;
    const why = `pipeline declared resources didn't match usage in Tasks: Didn't provide required values: [${resource}]`;
    findings.invalid(why, at(own, 'resource'));
  }
  for (const { input, own } of inputs) {
    listOf(input.from).forEach((name, index) => {
      const made = outputs.get(name);
      if (made === undefined) {
        const why = `expected resource ${input.resource} to be from task ${name}, but task ${name} doesn't exist`;
        findings.invalid(why, at(own, `from[${index}]`));
      } else if (!made.has(input.resource)) {
        const why = `the resource ${input.resource} from ${name} must be an output but is an input`;
        findings.invalid(why, at(own, `from[${index}]`));
      }
    });
  }
}
