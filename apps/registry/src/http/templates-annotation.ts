// The further templates of a Build that comes in: read from its annotation, and everything that is wrong with them.

import {
  ANNOTATIONS,
  asTemplateUses,
  templateUsesProblems,
  type Build,
  type FieldProblem,
  type KubeObject,
} from '@slipway/contracts';
import { checkTemplateUse } from '../core/admission/rules/build-rules.js';
import { Findings, problemsOf } from '../core/admission/rules/findings.js';
import { isSameAnnotation, yamlAnnotationProblems } from './yaml-annotation.js';

const NAME = ANNOTATIONS.templates;

export function templatesAnnotationProblems(object: KubeObject, old?: KubeObject): FieldProblem[] {
  if (object.kind !== 'Build' || object.metadata.annotations?.[NAME] === '') return [];
  if (isSameAnnotation(NAME, object, old)) return [];
  return yamlAnnotationProblems(NAME, object, (value, field) => {
    const problems = templateUsesProblems(value, field);
    return problems.length > 0 ? problems : usesProblems(object as Build, value, field);
  });
}

function usesProblems({ spec }: Build, value: unknown, field: string): FieldProblem[] {
  const findings = new Findings();
  const uses = asTemplateUses(value);
  uses.forEach((use, index) => checkTemplateUse(use, `${field}[${index}]`, findings));
  if (uses.length === 0 && (spec.steps ?? []).length === 0 && spec.template === undefined) {
    findings.neither(['spec.steps', 'spec.template']); // the rules of the spec took the annotation's word for it
  }
  return problemsOf(findings.list);
}
