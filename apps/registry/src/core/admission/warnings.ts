// What is admitted although its author should think again: for `Warning:` headers, which kubectl prints.

import { injectionText, scriptInjections, type KubeObject } from '@slipway/contracts';
import { RBAC_GROUP } from './rules/rbac-rules.js';
import { sameJson, specOf } from './rules/update-rules.js';

/** Headers are small, and so is patience: the rest is named by `slipway lint`. */
const MOST_WARNINGS = 5;

/**
 * One sentence each; empty for nearly every object. `old` is what is stored now, for an update: of a spec that did not
 * change its author was told before.
 */
export function warningsOf(object: KubeObject, old?: KubeObject): string[] {
  if (object.apiVersion.startsWith(`${RBAC_GROUP}/`)) {
    return [`${object.kind} is stored and has no effect here: who may do what is in the file of tokens`];
  }
  if (old !== undefined && sameJson(specOf(object), specOf(old))) return [];
  const unquoted = scriptInjections(object).filter(({ quoting }) => quoting === 'none');
  const shown = unquoted.slice(0, MOST_WARNINGS).map(injectionText);
  const rest = unquoted.length - shown.length;
  return rest === 0
    ? shown
    : [...shown, `${rest} more variables stand unquoted in scripts; "slipway lint FILE" names them.`];
}
