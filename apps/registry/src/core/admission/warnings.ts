// What is admitted although its author should think again: for `Warning:` headers, which kubectl prints.

import { injectionText, scriptInjections, type KubeObject } from '@slipway/contracts';
import { RBAC_GROUP } from './rules/rbac-rules.js';
import { sameJson, specOf } from './rules/update-rules.js';

const EXECUTION_MODE = 'experimental.tekton.dev/execution-mode';

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
  return [...unserved(object), ...unquotedIn(object)];
}

/** What a run asks for and does not get. */
function unserved({ kind, metadata }: KubeObject): string[] {
  const isRun = kind === 'TaskRun' || kind === 'PipelineRun';
  if (!isRun || metadata.annotations?.[EXECUTION_MODE] !== 'hermetic') return [];
  return [`${EXECUTION_MODE}: hermetic has no effect here: the steps of this run reach the network`];
}

function unquotedIn(object: KubeObject): string[] {
  const unquoted = scriptInjections(object).filter(({ quoting }) => quoting === 'none');
  const shown = unquoted.slice(0, MOST_WARNINGS).map(injectionText);
  const rest = unquoted.length - shown.length;
  return rest === 0
    ? shown
    : [...shown, `${rest} more variables stand unquoted in scripts; "slipway lint FILE" names them.`];
}
