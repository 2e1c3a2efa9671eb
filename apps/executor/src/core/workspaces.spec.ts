import { withBoundWorkspaces, withDefaultBinding } from './workspaces.js';

test('a workspace that a task is given without declaring it is declared in what the status keeps', () => {
  const bindings = [
    { name: 'source', emptyDir: {} },
    { name: 'cache', emptyDir: {} },
  ];
  const spec = { workspaces: [{ name: 'cache', mountPath: '/cache' }] };
  expect(withBoundWorkspaces(spec, bindings)).toEqual({
    workspaces: [{ name: 'cache', mountPath: '/cache' }, { name: 'source' }],
  });
  expect(withBoundWorkspaces(spec, bindings.slice(1))).toBe(spec);
});

test('the default binding is for workspaces that are required and not bound', () => {
  const declared = [{ name: 'source' }, { name: 'cache', optional: true }, { name: 'given' }];
  const given = { name: 'given', secret: { secretName: 's' } };
  expect(withDefaultBinding(declared, [given], { emptyDir: {} })).toEqual([given, { name: 'source', emptyDir: {} }]);
});
