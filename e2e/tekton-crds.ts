// The CRDs of an installed Tekton, as far as a client sees them: kinds, versions, a status of its own, and no schema.

const KINDS = [
  { kind: 'PipelineRun', plural: 'pipelineruns', versions: ['v1', 'v1beta1'], hasStatus: true },
  { kind: 'TaskRun', plural: 'taskruns', versions: ['v1', 'v1beta1'], hasStatus: true },
  { kind: 'Pipeline', plural: 'pipelines', versions: ['v1', 'v1beta1'], hasStatus: false },
  { kind: 'Task', plural: 'tasks', versions: ['v1', 'v1beta1'], hasStatus: false },
  { kind: 'StepAction', plural: 'stepactions', versions: ['v1beta1'], hasStatus: false },
];

/** For `kubectl apply -f -`. */
export function tektonCrds(): string {
  const items = KINDS.map(({ kind, plural, versions, hasStatus }) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.tekton.dev` },
    spec: {
      group: 'tekton.dev',
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        ...(hasStatus ? { subresources: { status: {} } } : {}),
      })),
    },
  }));
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
