// Kubernetes' own kinds, in Kubernetes' words.

import {
  isDnsLabel,
  isDnsSubdomain,
  type ConfigMap,
  type CoreEvent,
  type FieldProblem,
  type KubeObject,
  type PersistentVolumeClaim,
  type Secret,
} from '@slipway/contracts';

import { LABEL_HELP, SUBDOMAIN_HELP, configKeyProblem, labelValueProblem, qualifiedNameProblem } from './name-rules.js';
import { sameJson } from './update-rules.js';

const MIB = 1_048_576;
const ANNOTATIONS_MAX_BYTES = 256 * 1024;
const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

const invalid = (field: string, value: unknown, why: string): FieldProblem => ({
  field,
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${shown(value)}: ${why}`,
});
const required = (field: string, why = ''): FieldProblem => ({
  field,
  reason: 'FieldValueRequired',
  message: `Required value${why === '' ? '' : `: ${why}`}`,
});
const tooLong = (field: string, maxBytes: number): FieldProblem => ({
  field,
  reason: 'FieldValueTooLong',
  message: `Too long: may not be more than ${maxBytes} bytes`,
});

/** Labels, annotations, owners and finalizers: the same for every kind. The name is its kind's own business. */
export function metadataProblems({ metadata }: KubeObject): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    const keyProblem = qualifiedNameProblem(key);
    if (keyProblem !== undefined) problems.push(invalid('metadata.labels', key, keyProblem));
    const valueProblem = labelValueProblem(value);
    if (valueProblem !== undefined) problems.push(invalid('metadata.labels', value, valueProblem));
  }
  let bytes = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    const problem = qualifiedNameProblem(key.toLowerCase());
    if (problem !== undefined) problems.push(invalid('metadata.annotations', key, problem));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > ANNOTATIONS_MAX_BYTES) problems.push(tooLong('metadata.annotations', ANNOTATIONS_MAX_BYTES));
  (metadata.ownerReferences ?? []).forEach((owner, index) => {
    for (const field of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      const own = `metadata.ownerReferences[${index}].${field}`;
      if ((owner[field] ?? '') === '') problems.push({ ...required(own, 'must not be empty') });
    }
  });
  (metadata.finalizers ?? []).forEach((finalizer, index) => {
    const problem = qualifiedNameProblem(finalizer);
    if (problem !== undefined) problems.push(invalid(`metadata.finalizers[${index}]`, finalizer, problem));
  });
  return problems;
}

/** The name of an object of the core group. */
export function nameProblems(object: KubeObject): FieldProblem[] {
  const name = object.metadata.name ?? '';
  if (name === '') return [required('metadata.name', 'name or generateName is required')];
  if (object.kind === 'Namespace') return isDnsLabel(name) ? [] : [invalid('metadata.name', name, LABEL_HELP)];
  return isDnsSubdomain(name) ? [] : [invalid('metadata.name', name, SUBDOMAIN_HELP)];
}

export function configMapProblems(
  configMap: ConfigMap & { immutable?: boolean },
  old?: ConfigMap & { immutable?: boolean },
): FieldProblem[] {
  const { data = {}, binaryData = {} } = configMap;
  const problems = [...keyProblems(data, 'data'), ...keyProblems(binaryData, 'binaryData')];
  for (const key of Object.keys(binaryData)) {
    if (Object.hasOwn(data, key)) problems.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
  }
  if (sizeOf(data) + decodedSizeOf(binaryData) > MIB) problems.push(tooLong('', MIB));
  return [...problems, ...immutableProblems(configMap, old, ['data', 'binaryData'])];
}

/** The keys that a secret of a type must have: any one of a row's. */
const SECRET_KEYS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'kubernetes.io/basic-auth': [['username', 'password']],
  'kubernetes.io/ssh-auth': [['ssh-privatekey']],
  'kubernetes.io/dockercfg': [['.dockercfg']],
  'kubernetes.io/dockerconfigjson': [['.dockerconfigjson']],
  'kubernetes.io/tls': [['tls.crt'], ['tls.key']],
};

export function secretProblems(secret: Secret, old?: Secret): FieldProblem[] {
  const { data = {}, type = 'Opaque' } = secret;
  const problems = keyProblems(data, 'data');
  if (decodedSizeOf(data) > MIB) problems.push(tooLong('data', MIB));
  for (const keys of Object.hasOwn(SECRET_KEYS, type) ? SECRET_KEYS[type]! : []) {
    if (!keys.some((key) => Object.hasOwn(data, key))) problems.push(required(`data[${keys[0]}]`));
  }
  const config = data['.dockerconfigjson'] ?? data['.dockercfg'];
  if (config !== undefined && type.startsWith('kubernetes.io/docker') && !isJson(config)) {
    const key = type === 'kubernetes.io/dockercfg' ? '.dockercfg' : '.dockerconfigjson';
    problems.push(invalid(`data[${key}]`, '<secret contents redacted>', 'must be JSON'));
  }
  if (old !== undefined && (old.type ?? 'Opaque') !== type) problems.push(invalid('type', type, 'field is immutable'));
  return [...problems, ...immutableProblems(secret, old, ['data'])];
}

export function claimProblems(claim: PersistentVolumeClaim, old?: PersistentVolumeClaim): FieldProblem[] {
  const { accessModes = [], resources } = claim.spec ?? {};
  const problems: FieldProblem[] = [];
  if (accessModes.length === 0) problems.push(required('spec.accessModes', 'at least 1 access mode is required'));
  accessModes.forEach((mode, index) => {
    if (ACCESS_MODES.includes(mode)) return;
    const supported = ACCESS_MODES.map((known) => `"${known}"`).join(', ');
    problems.push({
      field: `spec.accessModes[${index}]`,
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${shown(mode)}: supported values: ${supported}`,
    });
  });
  const storage = resources?.requests?.['storage'];
  if (storage === undefined) problems.push(required('spec.resources[storage]'));
  else if (/^-|^0+(\.0*)?[A-Za-z]*$/.test(storage)) {
    problems.push(invalid('spec.resources[storage]', storage, 'must be greater than zero'));
  }
  if (old !== undefined && !sameJson(fixedPartOf(claim), fixedPartOf(old))) {
    const why =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    problems.push({ field: 'spec', reason: 'FieldValueForbidden', message: `Forbidden: ${why}` });
  }
  return problems;
}

/** What may be filled in later, by whoever binds the claim, counts as unchanged. */
function fixedPartOf({ spec }: PersistentVolumeClaim): object {
  const { accessModes, volumeMode } = spec ?? {};
  return { accessModes, volumeMode: volumeMode ?? 'Filesystem' };
}

export function eventProblems(event: CoreEvent): FieldProblem[] {
  const about = event.involvedObject?.namespace ?? '';
  const own = event.metadata.namespace ?? '';
  if (about === own || (about === '' && own === 'default')) return [];
  return [invalid('involvedObject.namespace', about, 'does not match event.namespace')];
}

function keyProblems(data: Record<string, string>, field: string): FieldProblem[] {
  return Object.keys(data).flatMap((key) => {
    const problem = configKeyProblem(key);
    return problem === undefined
      ? []
      : [invalid(`${field}[${key.length > 300 ? `${key.slice(0, 300)}…` : key}]`, key, problem)];
  });
}

function immutableProblems<T extends { immutable?: boolean }>(
  object: T,
  old: T | undefined,
  fields: readonly (keyof T & string)[],
): FieldProblem[] {
  if (old?.immutable !== true) return [];
  const why = (field: string): FieldProblem => ({
    field,
    reason: 'FieldValueForbidden',
    message: 'Forbidden: field is immutable when `immutable` is set',
  });
  const changed = fields.filter((field) => !sameJson(object[field] ?? {}, old[field] ?? {})).map(why);
  return object.immutable === true ? changed : [...changed, why('immutable')];
}

function sizeOf(data: Record<string, string>): number {
  return Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
}

function decodedSizeOf(data: Record<string, string>): number {
  return Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
}

function isJson(base64: string): boolean {
  try {
    JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
