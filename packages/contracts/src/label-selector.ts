// Kubernetes' label selectors: `app=web,tier!=db,env in (a, b),!old`.

import { SlipwayError } from './errors.js';

/** One requirement on the labels of an object. All requirements of a selector must hold. */
export type LabelRequirement =
  | { key: string; op: 'in' | 'notin'; values: readonly string[] }
  | { key: string; op: 'exists' | 'absent' }
  | { key: string; op: 'gt' | 'lt'; value: number };

const KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const COMPARED = /^([^\s=!<>(),]+)\s*(==|=|!=|>|<)\s*([^\s=!<>(),]*)$/;
const SET = /^([^\s=!<>(),]+)\s+(in|notin)\s*\(([^()]*)\)$/;
const PRESENT = /^(!?)\s*([^\s=!<>(),]+)$/;

/**
 * Parses a selector; the empty one has no requirements and matches everything.
 *
 * Errors  SlipwayError('invalid', 'InvalidLabelSelector') naming the part that cannot be read.
 */
export function parseLabelSelector(text: string): LabelRequirement[] {
  if (text.trim() === '') return [];
  return splitOutsideParentheses(text).map((part) => parseRequirement(part.trim(), text));
}

/** Whether labels satisfy a selector. As in Kubernetes, `!=` and `notin` hold for objects without the key. */
export function matchesLabels(
  requirements: readonly LabelRequirement[],
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return requirements.every((requirement) => {
    const value = labels !== undefined && Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
    return holds(requirement, value);
  });
}

function holds(requirement: LabelRequirement, value: string | undefined): boolean {
  switch (requirement.op) {
    case 'in':
      return value !== undefined && requirement.values.includes(value);
    case 'notin':
      return value === undefined || !requirement.values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'gt':
      return isWhole(value) && Number(value) > requirement.value;
    case 'lt':
      return isWhole(value) && Number(value) < requirement.value;
  }
}

function parseRequirement(part: string, selector: string): LabelRequirement {
  const set = SET.exec(part);
  if (set !== null) {
    const values = set[3]!.split(',').map((value) => value.trim());
    return {
      key: keyOf(set[1]!, selector),
      op: set[2] as 'in' | 'notin',
      values: values.map((v) => valueOf(v, selector)),
    };
  }
  const compared = COMPARED.exec(part);
  if (compared !== null) {
    const key = keyOf(compared[1]!, selector);
    const operator = compared[2]!;
    if (operator === '>' || operator === '<') {
      if (!isWhole(compared[3])) throw unreadable(part, selector, 'a whole number must follow');
      return { key, op: operator === '>' ? 'gt' : 'lt', value: Number(compared[3]) };
    }
    return { key, op: operator === '!=' ? 'notin' : 'in', values: [valueOf(compared[3]!, selector)] };
  }
  const present = PRESENT.exec(part);
  if (present === null) throw unreadable(part, selector, 'it is no requirement');
  return { key: keyOf(present[2]!, selector), op: present[1] === '!' ? 'absent' : 'exists' };
}

function keyOf(key: string, selector: string): string {
  if (!KEY.test(key)) throw unreadable(key, selector, 'it is no label key');
  return key;
}

function valueOf(value: string, selector: string): string {
  if (!VALUE.test(value)) throw unreadable(value, selector, 'it is no label value');
  return value;
}

function isWhole(value: string | undefined): boolean {
  return value !== undefined && /^-?\d{1,18}$/.test(value);
}

function unreadable(part: string, selector: string, why: string): SlipwayError {
  return new SlipwayError(
    'invalid',
    'InvalidLabelSelector',
    `unable to parse requirement: "${part}" in the label selector "${selector}": ${why}`,
  );
}

function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    if (text[i] === ')') depth--;
    if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}
