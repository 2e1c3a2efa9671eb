// References from one step to what another one made: its results and its artifacts.

import type { Step } from '@slipway/contracts';

import { at, listOf, type Findings } from './findings.js';

const STEP_RESULT = /\$\(steps\.[^.\s)]+\.results\.[^\s)]+\)/;
const STEP_ARTIFACT = /\$\(steps\.[^.\s)]+\.(?:inputs|outputs)(?:\.[^\s)]+)?\)|\$\(step\.artifacts\.path\)/;

/**
 * Results and artifacts of other steps are replaced when the step starts, inside its pod: only what the entrypoint reads
 * can hold them. Everything else about a container is fixed by then.
 */
export function checkStepReferences(step: Step, path: string, findings: Findings): void {
  const fixed = fixedTexts(step);
  report(
    [...fixed, ['script', step.script]],
    STEP_RESULT,
    'stepResult substitutions are only allowed in env, command and args. Found usage in',
  );
  report(
    fixed,
    STEP_ARTIFACT,
    'stepArtifact substitutions are only allowed in env, command, args and script. Found usage in',
  );

  function report(texts: readonly FieldText[], pattern: RegExp, message: string): void {
    for (const [field, text] of texts) {
      if (text?.includes('$(step') === true && pattern.test(text)) findings.add(message, at(path, field));
    }
  }
}

type FieldText = readonly [field: string, text: string | undefined];

function fixedTexts(step: Step): FieldText[] {
  return [
    ['name', step.name],
    ['image', step.image],
    ['imagePullPolicy', step.imagePullPolicy],
    ['workingDir', step.workingDir],
    ...listOf(step.envFrom).flatMap((source, i): FieldText[] => [
      [`envFrom[${i}].prefix`, source.prefix],
      [`envFrom[${i}].configMapRef.name`, source.configMapRef?.name],
      [`envFrom[${i}].secretRef.name`, source.secretRef?.name],
    ]),
    ...listOf(step.volumeMounts).flatMap((mount, i): FieldText[] => [
      [`volumeMounts[${i}].name`, mount.name],
      [`volumeMounts[${i}].mountPath`, mount.mountPath],
      [`volumeMounts[${i}].subPath`, mount.subPath],
    ]),
  ];
}
