// Between the versions that users speak and the one that is stored.
//
// Stored is v1, with the fields of 2020 that v1 dropped where they always stood:
//
//   Task         spec.resources{inputs,outputs}; ports, probes and the like of a step stay in the step
//   TaskRun      spec.resources{inputs,outputs}
//   Pipeline     spec.resources, tasks[].resources{inputs,outputs}, tasks[].conditions
//   PipelineRun  spec.resources; status.taskRuns and status.runs of runs that came from elsewhere
//   ClusterTask  apiVersion tekton.dev/v1beta1, with the spec of a stored Task (there never was a v1)
//   Condition    apiVersion tekton.dev/v1alpha1, with a stored step as spec.check
//   StepAction   apiVersion tekton.dev/v1beta1; the same in every version
//   CustomRun    apiVersion tekton.dev/v1beta1, its only one
//
// ResolutionRequests are stored as v1beta1 of their group; v1alpha1 differs by its params, which are a map there.
//
// v1 shows that as it is. The older versions differ by the tables in `conversion-rules.ts` and by nothing else: what one
// version writes every other reads, and what goes there and back is what it was. What storage cannot tell is remembered in
// annotations: which of two words an older version used (`older-form.ts`), so that `kubectl apply` finds the fields that it
// wrote; and that an object was written in v1alpha1 at all, so that steps of 2020 start where they started in 2020.

import { ANNOTATIONS, SlipwayError, apiVersionOf, type KubeObject, type ResourceKind } from '@slipway/contracts';

import { definitionsOf, prefixOf, storedSchemaOf } from '../openapi/definitions.js';
import type { Definition, SchemaType } from '../openapi/schema.js';
import { FROM_STORAGE, TO_STORAGE, type Fields, type Form, type Rule } from './conversion-rules.js';
import { OlderForm } from './older-form.js';
import { withDollarParentheses } from './old-variables.js';

const FORM = ANNOTATIONS.v1alpha1Form;
/** The kinds whose v1alpha1 is that of 2020. */
const REMEMBERED: ReadonlySet<string> = new Set(['Task', 'ClusterTask', 'TaskRun', 'Pipeline', 'PipelineRun']);

/** Whether a version shows stored objects as they are, byte for byte. */
export function isStoredForm(kind: ResourceKind, version: string): boolean {
  return version === kind.storageVersion && version === storedSchemaOf(kind);
}

/** The object as it is stored. Never modifies its argument. Throws `invalid` where fields of a version exclude each other. */
export function toStorage(kind: ResourceKind, version: string, object: KubeObject): KubeObject {
  if (kind.group === '') return object;
  const apiVersion = apiVersionOf(kind, kind.storageVersion);
  if (version === storedSchemaOf(kind)) return { ...object, apiVersion, kind: kind.kind };
  const form: Form = { version, inputs: false, problems: [], older: OlderForm.empty() };
  const read = kind.group === 'tekton.dev' && version === 'v1alpha1' ? withDollarParentheses(object) : object;
  const stored = new Walk(kind, version, TO_STORAGE, form).object(read);
  if (form.problems.length > 0) {
    throw new SlipwayError('invalid', 'Invalid', form.problems[0]!.message, { problems: form.problems });
  }
  return form.older.on(remember({ ...stored, apiVersion, kind: kind.kind }, form));
}

/** A stored object as a version shows it. Never modifies its argument. */
export function fromStorage(kind: ResourceKind, version: string, object: KubeObject): KubeObject {
  if (kind.group === '') return object;
  const apiVersion = apiVersionOf(kind, version);
  if (version === storedSchemaOf(kind)) return { ...object, apiVersion, kind: kind.kind };
  const inputs = object.metadata.annotations?.[FORM] === 'inputs';
  const form: Form = { version, inputs, problems: [], older: OlderForm.of(object) };
  const shown = new Walk(kind, storedSchemaOf(kind), FROM_STORAGE, form).object(object);
  return { ...shown, apiVersion, kind: kind.kind };
}

/** Goes through an object by its schema and applies the rule of each definition, innermost first. */
class Walk {
  private readonly definitions: ReadonlyMap<string, Definition>;
  private readonly prefix: string;

  constructor(
    private readonly kind: ResourceKind,
    version: string,
    private readonly rules: ReadonlyMap<string, Rule>,
    private readonly form: Form,
  ) {
    this.definitions = definitionsOf(kind.group, version);
    this.prefix = `${prefixOf(kind.group, version)}.`;
  }

  object(object: KubeObject): KubeObject {
    return this.struct(`${this.prefix}${this.kind.kind}`, object as unknown as Fields, '') as unknown as KubeObject;
  }

  private struct(name: string, value: Fields, path: string): Fields {
    // Kubernetes' own definitions are the same in every version.
    if (!name.startsWith(this.prefix)) return value;
    const definition = this.definitions.get(name);
    if (definition === undefined) return value;
    const result: Fields = {};
    for (const [key, member] of Object.entries(value)) {
      const field = definition.fields.get(key);
      result[key] = field === undefined ? member : this.value(field.type, member, path === '' ? key : `${path}.${key}`);
    }
    const rule = this.rules.get(name.slice(this.prefix.length));
    return rule === undefined ? result : rule(result, this.form, path);
  }

  private value(type: SchemaType, value: unknown, path: string): unknown {
    if (typeof value !== 'object' || value === null || type.kind === 'scalar') return value;
    if (type.kind === 'ref') return Array.isArray(value) ? value : this.struct(type.name, value as Fields, path);
    if (type.kind === 'list') {
      if (type.items.kind === 'scalar' || !Array.isArray(value)) return value;
      return value.map((item, index) => this.value(type.items, item, `${path}[${index}]`));
    }
    if (type.values.kind === 'scalar') return value;
    const entries = Object.entries(value as Fields);
    return Object.fromEntries(entries.map(([key, item]) => [key, this.value(type.values, item, `${path}[${key}]`)]));
  }
}

function remember(object: KubeObject, form: Form): KubeObject {
  const annotations = object.metadata.annotations ?? {};
  const written = form.inputs ? 'inputs' : 'params';
  if (form.version !== 'v1alpha1' || !REMEMBERED.has(object.kind) || annotations[FORM] === written) return object;
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [FORM]: written } } };
}
