import { problems } from '../validation-cases.js';

describe('validate', () => {
  const roleRef = { kind: 'ClusterRole', name: 'cluster-admin' };

  it('takes roles and bindings with the names that Kubernetes allows', () => {
    expect(problems('ClusterRoleBinding', { metadata: { name: 'system:ops' }, roleRef })).toEqual([]);
    expect(problems('Role', { metadata: { name: 'r' }, rules: [{ verbs: ['get'] }] })).toEqual([]);
  });

  it('refuses a binding to nothing, and a name that no path can hold', () => {
    expect(problems('RoleBinding', { metadata: { name: 'a/b' }, roleRef: {} })).toEqual([
      "metadata.name: Invalid value: \"a/b\": may not be '.' or '..', nor contain '/' or '%'",
      'roleRef.kind: Required value',
      'roleRef.name: Required value',
    ]);
  });
});
