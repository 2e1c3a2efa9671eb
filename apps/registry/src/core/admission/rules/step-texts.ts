// The texts of a step that hold variables: the fields in which they are replaced and that Tekton checks.

import type { Step } from '@slipway/contracts';

import { at, listOf } from './findings.js';

export type TextVisitor = (text: string, path: string, isArgument: boolean) => void;

type Texts = Pick<Step, 'name' | 'image' | 'workingDir' | 'script' | 'command' | 'args' | 'env' | 'volumeMounts'>;

/** Visits every text of a step, or of what a StepAction brings to one, that has a variable. `path` is that of the step. */
export function forEachTextOf(step: Texts, path: string, visit: TextVisitor): void {
  // Most texts hold none: their paths are never made.
  const look = (text: string | undefined, fieldOf: () => string, isArgument = false): void => {
    if (text?.includes('$(') === true) visit(text, at(path, fieldOf()), isArgument);
  };
  look(step.name, () => 'name');
  look(step.image, () => 'image');
  look(step.workingDir, () => 'workingDir');
  look(step.script, () => 'script');
  listOf(step.command).forEach((text, i) => look(text, () => `command[${i}]`, true));
  listOf(step.args).forEach((text, i) => look(text, () => `args[${i}]`, true));
  listOf(step.env).forEach(({ name, value }) => look(value, () => `env[${name}]`));
  listOf(step.volumeMounts).forEach((mount, i) => {
    look(mount.name, () => `volumeMounts[${i}].name`);
    look(mount.mountPath, () => `volumeMounts[${i}].mountPath`);
    look(mount.subPath, () => `volumeMounts[${i}].subPath`);
  });
}
