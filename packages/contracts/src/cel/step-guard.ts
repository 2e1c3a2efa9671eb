// Guards of steps: what their entrypoint is sent, since only it can know the results of earlier steps.

import { compileGuard, evaluateGuard } from './guard.js';
import { CelError, type CelNode } from './node.js';
import { compilePattern, type CelInstruction } from './pattern.js';

/** A tree of which the entrypoint needs no parser at all. */
export type StepGuardNode =
  | Exclude<CelNode, { args: unknown }>
  | { op: 'list' | 'map'; args: StepGuardNode[] }
  | { op: 'call'; name: string; args: StepGuardNode[] }
  | { op: 'field' | 'has'; name: string; args: StepGuardNode[] }
  | { op: 'loop'; name: string; variable: string; args: StepGuardNode[] }
  | { op: 'matches'; args: StepGuardNode[]; program: CelInstruction[] }
  /** What is wrong with the expression: the step fails with it when it begins. */
  | { op: 'error'; value: string };

const STEP_RESULT = '$(steps.';

/** The tree of an expression; where it holds no result of a step, only its value. */
export function stepGuardTree(text: string): StepGuardNode {
  try {
    return text.includes(STEP_RESULT) ? sent(compileGuard(text)) : { op: 'bool', value: evaluateGuard(text) };
  } catch (thrown) {
    if (!(thrown instanceof CelError)) throw thrown;
    return { op: 'error', value: `${text}: ${thrown.message}` };
  }
}

function sent(node: CelNode): StepGuardNode {
  if (!('args' in node)) return node;
  if (node.op === 'call' && node.name === 'matches') return withProgram(node.args);
  return { ...node, args: node.args.map(sent) };
}

function withProgram([text, pattern]: readonly CelNode[]): StepGuardNode {
  if (pattern?.op !== 'string' || pattern.value.includes(STEP_RESULT)) {
    throw new CelError('the pattern of matches must be known before the step begins');
  }
  return { op: 'matches', args: [sent(text!)], program: compilePattern(pattern.value) };
}
