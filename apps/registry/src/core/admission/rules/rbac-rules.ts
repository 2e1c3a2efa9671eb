// Roles and bindings: kept for those who read them back, and asked by nobody here.

import type { FieldProblem, KubeObject } from '@slipway/contracts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** Kubernetes allows any name that is one segment of a path: `system:masters`. */
export function rbacProblems(object: KubeObject & { roleRef?: { kind?: string; name?: string } }): FieldProblem[] {
  const { name = '' } = object.metadata;
  const problems: FieldProblem[] = [];
  const add = (field: string, message: string): void => {
    problems.push({ field, reason: 'FieldValueInvalid', message });
  };
  if (name === '.' || name === '..' || /[/%]/.test(name)) {
    add('metadata.name', `Invalid value: ${JSON.stringify(name)}: may not be '.' or '..', nor contain '/' or '%'`);
  }
  if (!object.kind.endsWith('Binding')) return problems;
  for (const field of ['kind', 'name'] as const) {
    if ((object.roleRef?.[field] ?? '') === '') add(`roleRef.${field}`, 'Required value');
  }
  return problems;
}
