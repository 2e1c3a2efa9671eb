// Guards: `when` expressions, after their variables have been replaced.

import { evaluateGuard, substituteCel } from './cel/guard.js';
import { substitute, substituteList, type Replacements } from './substitution.js';
import type { WhenExpression } from './tekton.js';

/** Replaces variables in the guards; an element of `values` that is an array variable becomes that array's items. */
export function substituteWhen(guards: readonly WhenExpression[], replacements: Replacements): WhenExpression[] {
  return guards.map((guard) => {
    if (guard.cel !== undefined) return { ...guard, cel: substituteCel(guard.cel, replacements) };
    return {
      ...guard,
      ...(guard.input === undefined ? {} : { input: substitute(guard.input, replacements) }),
      ...(guard.values === undefined ? {} : { values: substituteList(guard.values, replacements) }),
    };
  });
}

/**
 * Whether all guards let the task run; none at all do.
 *
 * Shape  `cel` holds the outcome of each CEL expression by its text; one that is not there counts as false.
 */
export function whenAllows(
  guards: readonly WhenExpression[] | undefined,
  cel: ReadonlyMap<string, boolean> = new Map(),
): boolean {
  return (guards ?? []).every((guard) => {
    if (guard.cel !== undefined && guard.cel !== '') return cel.get(guard.cel) === true;
    const found = (guard.values ?? []).includes(guard.input ?? '');
    return guard.operator === 'notin' ? !found : guard.operator === 'in' && found;
  });
}

/**
 * The outcome of each CEL expression of the guards by its text, once its variables have been replaced.
 *
 * Errors  CelError when one of them cannot be evaluated.
 */
export function celOutcomes(guards: readonly WhenExpression[] | undefined): Map<string, boolean> {
  const expressions = (guards ?? []).flatMap(({ cel }) => (cel === undefined || cel === '' ? [] : [cel]));
  return new Map(expressions.map((cel) => [cel, evaluateGuard(cel)]));
}
