// Where in an object of tekton.dev its definitions stand: what a rule for steps needs to find every step.

import { at, type MapTree, type Tree } from './tree.js';

/** Definition → field → definition of its value, or of the items of its list. Both forms of a renamed field are here. */
const SHAPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Task: { spec: 'TaskSpec' },
  ClusterTask: { spec: 'TaskSpec' },
  TaskRun: { spec: 'TaskRunSpec', status: 'TaskRunStatus' },
  Pipeline: { spec: 'PipelineSpec' },
  PipelineRun: { spec: 'PipelineRunSpec', status: 'PipelineRunStatus' },
  Condition: { spec: 'ConditionSpec' },
  ConditionSpec: { check: 'Step' },
  TaskSpec: { steps: 'Step', stepTemplate: 'StepTemplate', sidecars: 'Sidecar' },
  Step: { ref: 'ObjectRef', when: 'WhenExpression' },
  TaskRunSpec: {
    taskRef: 'ObjectRef',
    taskSpec: 'TaskSpec',
    stepOverrides: 'StepOverride',
    sidecarOverrides: 'StepOverride',
  },
  TaskRunStatus: { taskSpec: 'TaskSpec' },
  PipelineSpec: { tasks: 'PipelineTask', finally: 'PipelineTask' },
  PipelineTask: {
    taskRef: 'ObjectRef',
    taskSpec: 'TaskSpec',
    pipelineRef: 'ObjectRef',
    pipelineSpec: 'PipelineSpec',
    when: 'WhenExpression',
  },
  PipelineRunSpec: { pipelineRef: 'ObjectRef', pipelineSpec: 'PipelineSpec', taskRunSpecs: 'PipelineTaskRunSpec' },
  PipelineTaskRunSpec: { stepOverrides: 'StepOverride', sidecarOverrides: 'StepOverride' },
  PipelineRunStatus: { pipelineSpec: 'PipelineSpec' },
};

/** A part of an object, and where it is: `spec.pipelineSpec.tasks[0].taskRef`. */
export interface Part {
  definition: string;
  tree: MapTree;
  path: string;
  /** The field that holds it: `pipelineRef`. */
  field: string;
}

/** All parts of an object, innermost first, so that a rule may change what is inside of another's part. */
export function partsOf(kind: string, object: MapTree): Part[] {
  const parts: Part[] = [];
  const visit = (definition: string, tree: Tree | undefined, path: string, field: string): void => {
    if (tree?.kind === 'seq') {
      tree.entries.forEach(({ value }, i) => visit(definition, value, `${path}[${i}]`, field));
      return;
    }
    if (tree?.kind !== 'map') return;
    for (const [name, inner] of Object.entries(SHAPES[definition] ?? {})) {
      visit(inner, at(tree, name), path === '' ? name : `${path}.${name}`, name);
    }
    parts.push({ definition, tree, path, field });
  };
  visit(kind, object, '', '');
  return parts;
}
