// Where in the user's files something is wrong, in the words of every message: file, document, line, field, value.

import { SlipwayError, type FieldProblem } from '@slipway/contracts';

export interface Place {
  file: string;
  /** Counting from 1, as the user counts the parts between `---` lines. */
  document: number;
  line?: number;
  column?: number;
}

export interface InputProblem {
  place: Place;
  /** `spec.tasks[1].name`; absent when the text is not even YAML. */
  field?: string;
  /** What the field is now, as JSON. */
  value?: string;
  message: string;
  hint?: string;
}

const MOST_SHOWN = 20;

/** All problems of all files as one error; nothing was done with any of them, which `sequel` says in words. */
export function inputError(problems: readonly InputProblem[], sequel = ''): SlipwayError {
  const hints = [...new Set(problems.flatMap(({ hint }) => (hint === undefined ? [] : [hint])))];
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new SlipwayError('invalid', 'BadInput', `The input has ${count}${sequel}.`, {
    problems: [...problems.slice(0, MOST_SHOWN).map(asField), ...rest(problems.length)],
    ...(hints.length === 0 ? {} : { hint: hints.slice(0, 3).join(' ') }),
  });
}

/** `pipeline.yaml: document 2, line 14, column 7`. */
export function placeText({ file, document, line, column }: Place): string {
  const position = line === undefined ? '' : `, line ${line}${column === undefined ? '' : `, column ${column}`}`;
  return `${file}: document ${document}${position}`;
}

function asField({ place, field, value, message }: InputProblem): FieldProblem {
  const at = field === undefined || field === '' ? '' : `: ${field}`;
  const is = value === undefined || message.includes(value) ? '' : ` (it is ${value})`;
  return { field: placeText(place) + at, reason: 'FieldValueInvalid', message: message + is };
}

function rest(count: number): FieldProblem[] {
  if (count <= MOST_SHOWN) return [];
  return [{ field: '', reason: 'FieldValueInvalid', message: `and ${count - MOST_SHOWN} more` }];
}
