// What Tekton fills in when an object is stored. Input and output are of the storage version.

import {
  LABELS,
  MANAGED_BY,
  type Approval,
  type Build,
  type ConfigMap,
  type CustomRun,
  type KubeObject,
  type ObjectRef,
  type ParamSpec,
  type ParamType,
  type ParamValue,
  type PersistentVolumeClaim,
  type Pipeline,
  type PipelineRun,
  type PipelineSpec,
  type PipelineTask,
  type ResourceKind,
  type ResultSpec,
  type Secret,
  type StepAction,
  type Task,
  type TaskRun,
  type TaskSpec,
} from '@slipway/contracts';

const TIMEOUT = '1h0m0s';
const BUILD_TIMEOUT = '10m0s';
const SERVICE_ACCOUNT = 'default';
/** What signers of results vouch with: a run must not be born signed. */
const RESERVED_ANNOTATION = /^chains\.tekton\.dev\//;

export interface DefaultingOptions {
  /** The object is being created: annotations that only controllers may set are dropped, as Tekton drops them. */
  create?: boolean;
}

/** A copy of the object with all defaults in place. Idempotent. */
export function applyDefaults(kind: ResourceKind, object: KubeObject, o: DefaultingOptions = {}): KubeObject {
  const rule = DEFAULTS[kind.kind];
  return rule === undefined ? object : rule(object as never, o);
}

const DEFAULTS: Readonly<Record<string, (object: never, o: DefaultingOptions) => KubeObject>> = {
  Task: (task: Task) => ({ ...task, ...(isObject(task.spec) ? { spec: taskSpec(task.spec) } : {}) }),
  ClusterTask: (task: Task) => ({ ...task, ...(isObject(task.spec) ? { spec: taskSpec(task.spec) } : {}) }),
  Pipeline: (pipeline: Pipeline) => ({
    ...pipeline,
    ...(isObject(pipeline.spec) ? { spec: pipelineSpec(pipeline.spec) } : {}),
  }),
  TaskRun: taskRun,
  PipelineRun: pipelineRun,
  StepAction: (action: StepAction) => ({
    ...action,
    ...(isObject(action.spec) ? { spec: taskSpec(action.spec) } : {}),
  }),
  CustomRun: customRun,
  Build: build,
  Approval: (approval: Approval) => ({
    ...approval,
    spec: { ...approval.spec, required: approval.spec?.required ?? 1 },
  }),
  Namespace: namespace,
  Secret: secret,
  ConfigMap: (configMap: ConfigMap) => configMap,
  PersistentVolumeClaim: claim,
};

/** The type that Tekton infers for a param without one: from its properties, else from its default. */
export function paramSpec(spec: ParamSpec): ParamSpec {
  const properties = withTypes(spec.properties);
  return { ...spec, type: spec.type ?? inferredType(spec), ...(properties === undefined ? {} : { properties }) };
}

function inferredType(spec: ParamSpec): ParamType {
  if (spec.properties !== undefined) return 'object';
  return spec.default === undefined ? 'string' : typeOfValue(spec.default);
}

function typeOfValue(value: ParamValue): ParamType {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'object' ? 'object' : 'string';
}

function withTypes(properties: ParamSpec['properties']): ParamSpec['properties'] {
  if (properties === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(properties).map(([key, property]) => [key, { ...property, type: property.type ?? 'string' }]),
  );
}

function resultSpec(spec: ResultSpec): ResultSpec {
  const properties = withTypes(spec.properties);
  const type = spec.type ?? (spec.properties === undefined ? 'string' : 'object');
  return { ...spec, type, ...(properties === undefined ? {} : { properties }) };
}

function taskSpec<Spec extends Pick<TaskSpec, 'params' | 'results'>>(spec: Spec): Spec {
  return {
    ...spec,
    ...(spec.params === undefined ? {} : { params: spec.params.map(paramSpec) }),
    ...(spec.results === undefined ? {} : { results: spec.results.map(resultSpec) }),
  };
}

function pipelineSpec(spec: PipelineSpec): PipelineSpec {
  return {
    ...spec,
    ...(spec.params === undefined ? {} : { params: spec.params.map(paramSpec) }),
    ...(spec.tasks === undefined ? {} : { tasks: spec.tasks.map(pipelineTask) }),
    ...(spec.finally === undefined ? {} : { finally: spec.finally.map(pipelineTask) }),
  };
}

function pipelineTask(task: PipelineTask): PipelineTask {
  return {
    ...task,
    ...(task.taskRef === undefined ? {} : { taskRef: taskRef(task.taskRef) }),
    ...(task.taskSpec === undefined ? {} : { taskSpec: taskSpec(task.taskSpec) }),
    ...(task.pipelineSpec === undefined ? {} : { pipelineSpec: pipelineSpec(task.pipelineSpec) }),
  };
}

/** A custom task must name its kind itself: with a default it would look like one of ours. What is remote has none. */
function taskRef(ref: ObjectRef): ObjectRef {
  return ref.kind === undefined && ref.apiVersion === undefined && ref.resolver === undefined
    ? { ...ref, kind: 'Task' }
    : ref;
}

function taskRun(run: TaskRun, o: DefaultingOptions): TaskRun {
  const { spec } = run;
  return {
    ...run,
    metadata: {
      ...withoutReserved(run, o),
      labels: { ...run.metadata.labels, [LABELS.managedBy]: run.metadata.labels?.[LABELS.managedBy] ?? MANAGED_BY },
    },
    spec: {
      ...spec,
      serviceAccountName: nonEmpty(spec?.serviceAccountName) ?? SERVICE_ACCOUNT,
      timeout: spec?.timeout ?? TIMEOUT,
      ...(spec?.taskRef === undefined ? {} : { taskRef: taskRef(spec.taskRef) }),
      ...(spec?.taskSpec === undefined ? {} : { taskSpec: taskSpec(spec.taskSpec) }),
    },
  };
}

function pipelineRun(run: PipelineRun, o: DefaultingOptions): PipelineRun {
  const { spec } = run;
  return {
    ...run,
    metadata: withoutReserved(run, o),
    spec: {
      ...spec,
      timeouts: { ...spec?.timeouts, pipeline: spec?.timeouts?.pipeline ?? TIMEOUT },
      taskRunTemplate: {
        ...spec?.taskRunTemplate,
        serviceAccountName: nonEmpty(spec?.taskRunTemplate?.serviceAccountName) ?? SERVICE_ACCOUNT,
      },
      ...(spec?.pipelineSpec === undefined ? {} : { pipelineSpec: pipelineSpec(spec.pipelineSpec) }),
    },
  };
}

function withoutReserved(object: KubeObject, o: DefaultingOptions): KubeObject['metadata'] {
  const { annotations } = object.metadata;
  if (o.create !== true || annotations === undefined) return object.metadata;
  const kept = Object.entries(annotations).filter(([key]) => !RESERVED_ANNOTATION.test(key));
  return { ...object.metadata, annotations: Object.fromEntries(kept) };
}

function customRun(run: CustomRun, o: DefaultingOptions): CustomRun {
  return {
    ...run,
    metadata: withoutReserved(run, o),
    spec: { ...run.spec, serviceAccountName: nonEmpty(run.spec?.serviceAccountName) ?? SERVICE_ACCOUNT },
  };
}

function build(object: Build, o: DefaultingOptions): Build {
  const { spec } = object;
  const template = spec?.template;
  return {
    ...object,
    metadata: withoutReserved(object, o),
    spec: {
      ...spec,
      serviceAccountName: nonEmpty(spec?.serviceAccountName) ?? SERVICE_ACCOUNT,
      timeout: spec?.timeout ?? BUILD_TIMEOUT,
      ...(template === undefined
        ? {}
        : { template: { ...template, kind: nonEmpty(template.kind) ?? 'BuildTemplate' } }),
    },
  };
}

function namespace(object: KubeObject & { spec?: { finalizers?: string[] }; status?: { phase?: string } }): KubeObject {
  const labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
  return {
    ...object,
    metadata: { ...object.metadata, ...((object.metadata.name ?? '') === '' ? {} : { labels }) },
    status: { ...object.status, phase: object.status?.phase ?? 'Active' },
  } as KubeObject;
}

/** `stringData` is a way of writing: it goes into `data` and is never stored. */
function secret(object: Secret): Secret {
  const { stringData, ...stored } = object;
  const type = object.type ?? 'Opaque';
  if (stringData === undefined) return { ...stored, type };
  const encoded = Object.entries(stringData).map(([key, text]) => [key, base64(text)] as const);
  return { ...stored, type, data: { ...stored.data, ...Object.fromEntries(encoded) } };
}

function claim(object: PersistentVolumeClaim): PersistentVolumeClaim {
  return {
    ...object,
    spec: { ...object.spec, volumeMode: object.spec?.volumeMode ?? 'Filesystem' },
    status: { ...object.status, phase: object.status?.phase ?? 'Pending' },
  };
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
