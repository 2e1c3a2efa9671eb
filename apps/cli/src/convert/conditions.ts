// Conditions of 2020 become tasks whose result a `when` looks at.

import { CannotConvert, type FileObject } from './files.js';
import { rewriteText } from './build-template.js';
import { entry, item, listOf, mapOf, treeEntry, treeOf } from './new-tree.js';
import type { Left } from './resources.js';
import { partsOf } from './shapes.js';
import { at, entryOf, itemsAt, mapAt, put, putItems, take, textAt, valueOf, type MapTree } from './tree.js';

const EXIT_CODE = 'exit-code';
/** A name of a task is a DNS label. */
const MOST_NAME = 63;
const REPORT_IMAGE = 'docker.io/library/busybox:1.37';

/** Rewrites every Condition and every task with conditions, in place. */
export function convertConditions(objects: readonly FileObject[]): Left[] {
  const own = objects.filter(({ group, fate }) => group === 'tekton.dev' && fate !== 'left');
  const taken = new Set(own.filter(({ kind }) => kind === 'Task').map(({ name }) => name));
  const left: Left[] = [];
  for (const object of own) {
    if (object.kind === 'Condition') {
      if (taken.has(object.name)) {
        const error = new CannotConvert('a Task has its name', 'Rename one of the two.', object.tree.offset);
        left.push({ object, error });
        continue;
      }
      conditionAsTask(object.tree);
      object.fate = 'converted';
    }
    for (const { definition, tree } of partsOf(object.kind, object.tree)) {
      if (definition === 'PipelineSpec') guardTasks(tree);
    }
  }
  return left;
}

/** The check goes on when it fails, and a step after it makes a result of its exit code. */
function conditionAsTask(tree: MapTree): void {
  rewriteText(tree, 'apiVersion', 'tekton.dev/v1');
  rewriteText(tree, 'kind', 'Task');
  const spec = mapAt(tree, 'spec');
  const check = spec === undefined ? undefined : take(spec, 'check');
  if (spec === undefined || check?.value.kind !== 'map') return;
  const step = check.value;
  if ((textAt(step, 'name') ?? '') === '') put(step, [entry('name', 'check')], 0);
  put(step, [entry('onError', 'continue')]);
  const name = textAt(step, 'name');
  const report = {
    name: 'report',
    image: REPORT_IMAGE,
    command: ['cp', `$(steps.step-${name}.exitCode.path)`, `$(results.${EXIT_CODE}.path)`],
  };
  // Steps that fetch what the check looks at are there already.
  const before = take(spec, 'steps')?.value;
  const fetching = before?.kind === 'seq' ? before.entries : [];
  const steps = listOf([...fetching, { ...item(step), lead: check.lead, trail: check.trail }, item(treeOf(report))]);
  put(spec, [
    entry('results', [{ name: EXIT_CODE, description: 'Zero when the check holds.' }]),
    treeEntry('steps', steps),
  ]);
}

/** For each condition of each task: the task that checks, before it, and a `when` on what follows. */
function guardTasks(pipeline: MapTree): void {
  const tasks = at(pipeline, 'tasks');
  if (tasks?.kind !== 'seq') return;
  for (const guarded of itemsAt(tasks)) {
    const conditions = take(guarded, 'conditions')?.value;
    const name = textAt(guarded, 'name') ?? '';
    itemsAt(conditions).forEach((condition, i) => {
      const ref = textAt(condition, 'conditionRef') ?? '';
      const checkName = checkNameOf(name, ref, itemsAt(conditions).slice(0, i));
      const order = entryOf(guarded, 'runAfter');
      const check = mapOf(
        entry('name', checkName),
        entry('taskRef', { name: ref }),
        order === undefined ? undefined : entry('runAfter', valueOf(order.value)),
        take(condition, 'params'),
      );
      const index = tasks.entries.findIndex(({ value }) => value === guarded);
      const lead = tasks.entries[index]!.lead.splice(0);
      putItems(tasks, [{ ...item(check), lead }], index);
      const when = { input: `$(tasks.${checkName}.results.${EXIT_CODE})`, operator: 'in', values: ['0'] };
      for (const task of [guarded, ...followers(itemsAt(tasks), name)]) addWhen(task, when);
    });
  }
}

/** The task's name and the Condition's; its number where that is too long or taken. */
function checkNameOf(task: string, ref: string, before: readonly MapTree[]): string {
  const name = `${task}-${ref}`;
  const isTaken = before.some((other) => textAt(other, 'conditionRef') === ref);
  return isTaken || name.length > MOST_NAME ? `${task.slice(0, MOST_NAME - 10)}-check-${before.length}` : name;
}

/** A condition that did not hold skipped all that followed the task too; `when` skips the task alone. */
function followers(tasks: readonly MapTree[], name: string): MapTree[] {
  const found = new Set<MapTree>();
  const names = [name];
  for (let next = names.pop(); next !== undefined; next = names.pop()) {
    for (const task of tasks) {
      const after = at(task, 'runAfter');
      if (after === undefined || found.has(task) || !(valueOf(after) as string[]).includes(next)) continue;
      found.add(task);
      names.push(textAt(task, 'name') ?? '');
    }
  }
  return [...found];
}

function addWhen(task: MapTree, when: object): void {
  const there = at(task, 'when');
  if (there?.kind === 'seq') putItems(there, [item(treeOf(when))]);
  else put(task, [entry('when', [when])]);
}
