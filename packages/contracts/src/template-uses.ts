// More templates than one in a Build: the annotation `slipway.dev/templates`, a list of what `spec.template` holds once.
// Knative's own API server refuses fields that it does not know, and leaves annotations alone.

import type { FieldProblem } from './errors.js';
import type { BuildSpec, TemplateUse } from './knative-build.js';

/** Templates of one Build: what people compose by hand stays far below. */
const MAX_TEMPLATES = 32;
const FIELDS: ReadonlySet<string> = new Set(['name', 'kind', 'arguments', 'env']);

/** All templates of a Build in order: the one of its spec, then those of the annotation. */
export function templateUsesOf({ template }: Pick<BuildSpec, 'template'>, more: readonly TemplateUse[]): TemplateUse[] {
  return template === undefined ? [...more] : [template, ...more];
}

/** What is wrong with a plain value as the annotation's list; empty when it is one. `field` is where it stands. */
export function templateUsesProblems(value: unknown, field: string): FieldProblem[] {
  const invalid = (at: string, message: string): FieldProblem => ({ field: at, reason: 'FieldValueInvalid', message });
  if (!Array.isArray(value)) return [invalid(field, 'must be a list of templates, each as spec.template is written')];
  if (value.length > MAX_TEMPLATES) return [invalid(field, `must have at most ${MAX_TEMPLATES} templates`)];
  return value.flatMap((use: unknown, index): FieldProblem[] => {
    const at = `${field}[${index}]`;
    if (!isMap(use)) return [invalid(at, 'must be a template as spec.template is written')];
    const unknown = Object.keys(use).filter((key) => !FIELDS.has(key));
    return [
      ...unknown.map((key) => invalid(`${at}.${key}`, 'unknown field')),
      ...(typeof use['name'] === 'string' && use['name'] !== '' ? [] : [invalid(`${at}.name`, 'must be a name')]),
      ...(['string', 'undefined'].includes(typeof use['kind']) ? [] : [invalid(`${at}.kind`, 'must be a kind')]),
      ...pairProblems(use['arguments'], `${at}.arguments`, true),
      ...pairProblems(use['env'], `${at}.env`, false),
    ];
  });
}

/** The value as the list; only after `templateUsesProblems` found nothing. */
export function asTemplateUses(value: unknown): TemplateUse[] {
  return value as TemplateUse[];
}

/** Lists of names with values. A variable's value may come from elsewhere. */
function pairProblems(value: unknown, field: string, needsValue: boolean): FieldProblem[] {
  const invalid = (at: string, message: string): FieldProblem => ({ field: at, reason: 'FieldValueInvalid', message });
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [invalid(field, 'must be a list')];
  return value.flatMap((pair: unknown, index): FieldProblem[] => {
    const at = `${field}[${index}]`;
    if (!isMap(pair)) return [invalid(at, 'must have a name and a value')];
    const isNamed = typeof pair['name'] === 'string' && pair['name'] !== '';
    const hasText = typeof pair['value'] === 'string' || (!needsValue && pair['value'] === undefined);
    return [
      ...(isNamed ? [] : [invalid(`${at}.name`, 'must be a name')]),
      ...(hasText ? [] : [invalid(`${at}.value`, 'must be a text; quote numbers and true or false')]),
    ];
  });
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
