// `npm run chart`: the Helm chart of deploy/helm/slipway, made from the kustomizations of deploy/kubernetes, which are the source.
//
//   C1. With its default values the chart is what `kubectl apply -k deploy/kubernetes` applies, but for the namespace, which
//       Helm makes; with `database.secret` it is overlays/own-database, with `besideTekton` overlays/beside-tekton.
//       e2e/chart.e2e-spec.ts holds them together.
//   C2. Templates use four forms and no others: `{{ .Values.x }}`, `{{ toJson .Values.x }}`, `{{ .Release.Namespace }}`, and
//       `{{- if .Values.x }}` with `{{- else }}` and `{{- end }}` on lines of their own.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';

const GROUPS = ['registry', 'scheduler', 'executor', 'resources', 'logs', 'nats', 'postgres'];
/** How many servers there are stands in their configuration, too. */
const FIXED = ['nats', 'postgres'];
const OWN_DATABASE = 'slipway-database';
const WORKLOADS = ['Deployment', 'StatefulSet'];

/** @returns {object[]} the objects of a kustomization, as kubectl makes them */
export function kustomized(folder) {
  const text = execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8', maxBuffer: 64 << 20 });
  return parseAllDocuments(text).map((document) => document.toJS());
}

/** @returns {Record<string, string>} the files of the chart by their paths in it */
export function chartFiles(root) {
  const tryOut = kustomized(join(root, 'deploy/kubernetes'));
  const ownDatabase = kustomized(join(root, 'deploy/kubernetes/overlays/own-database'));
  const besideTekton = kustomized(join(root, 'deploy/kubernetes/overlays/beside-tekton'));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const templates = Object.fromEntries(['platform', ...GROUPS].map((group) => [group, []]));
  for (const object of tryOut.filter(({ kind }) => kind !== 'Namespace')) {
    const other = ownDatabase.find((one) => keyOf(one) === keyOf(object));
    const isAlways = besideTekton.some((one) => keyOf(one) === keyOf(object));
    const template = asTemplate(object, other);
    templates[groupOf(object)].push(isAlways ? template : eitherOf('besideTekton', '', template));
  }
  for (const object of besideTekton) {
    if (tryOut.some((one) => keyOf(one) === keyOf(object))) continue;
    templates[groupOf(object)].push(eitherOf('besideTekton', documentOf(object), ''));
  }
  const files = Object.entries(templates).map(([group, objects]) => [`templates/${group}.yaml`, objects.join('')]);
  return {
    'Chart.yaml': stringify({
      apiVersion: 'v2',
      name: 'slipway',
      description: 'CI/CD on Kubernetes: Tekton and Knative Build pipelines on NATS JetStream.',
      type: 'application',
      version,
      appVersion: version,
      kubeVersion: '>=1.21.0-0',
    }),
    'values.yaml': HEAD + stringify(valuesOf(tryOut), { lineWidth: 0 }),
    ...Object.fromEntries(files),
  };
}

const HEAD = `# Made by "npm run chart". \`settings\` are variables of all services (docs/operating.md). \`database.secret\`: name of a Secret
# whose key \`url\` is the connection string of a PostgreSQL of yours; empty: one server for trying out. \`besideTekton\`: leave
# tekton.dev to an installed Tekton, and serve its runs with \`managedBy: slipway.dev\`.
`;

function valuesOf(objects) {
  const values = { images: {}, settings: {}, database: { secret: '' }, besideTekton: false };
  for (const { kind, metadata, spec, data } of objects) {
    if (kind === 'ConfigMap' && metadata.name === 'slipway-settings') values.settings = data;
    if (!WORKLOADS.includes(kind)) continue;
    const [container] = spec.template.spec.containers;
    values.images[nameOf(container.image)] = container.image;
    const group = groupOf({ metadata });
    values[group] = {
      ...(FIXED.includes(group) ? {} : { replicas: spec.replicas }),
      resources: container.resources,
    };
    const entrypoint = container.env.find(({ name }) => name === 'ENTRYPOINT_IMAGE');
    if (entrypoint !== undefined) values.images.entrypoint = entrypoint.value;
  }
  return values;
}

/** C1: the same in both ways, or one of two. */
function asTemplate(object, other) {
  const text = documentOf(object);
  const otherText = other === undefined ? '' : documentOf(other);
  return text === otherText ? text : eitherOf('database.secret', otherText, text);
}

function eitherOf(value, text, otherwise) {
  return `{{- if .Values.${value} }}\n${text}{{- else }}\n${otherwise}{{- end }}\n`;
}

/** Variables of a service that are others beside an installed Tekton: what the overlay makes of them. */
const BESIDE_TEKTON = { BESIDE_TEKTON: ['true', 'false'], OWNER_REFERENCES: ['false', 'true'] };
const SWITCHED = /^ *value: \{\{ SWITCHED (\w+) \}\}\n/gm;

function documentOf(object) {
  const text = stringify(parametrized(object), { lineWidth: 0 });
  if (/\{\{(?!HELM)/.test(text.replaceAll('{{ HELM', ''))) throw new Error(`${keyOf(object)} has braces of its own`);
  const template = text.replace(/"?\{\{ HELM (.*?) \}\}"?/g, (_, expression) => `{{ ${expression} }}`);
  return `---\n${template.replace(SWITCHED, (line, name) => {
    const [beside, alone] = BESIDE_TEKTON[name].map((value) => line.replace(/value: .*/, `value: "${value}"`));
    return eitherOf('besideTekton', beside, alone);
  })}`;
}

const helm = (expression) => `{{ HELM ${expression} }}`;

/** What an installation may want otherwise, as expressions (C2). */
function parametrized(object) {
  const copy = structuredClone(object);
  const group = groupOf(copy);
  if (copy.kind === 'ConfigMap' && copy.metadata.name === 'slipway-settings') {
    copy.data = helm('toJson .Values.settings');
  }
  if (WORKLOADS.includes(copy.kind)) {
    if (!FIXED.includes(group)) copy.spec.replicas = helm(`.Values.${group}.replicas`);
    const pod = copy.spec.template.spec;
    const [container] = pod.containers;
    const image = container.image;
    container.image = helm(`toJson .Values.images.${nameOf(image)}`);
    container.resources = helm(`toJson .Values.${group}.resources`);
    for (const variable of container.env ?? []) {
      if (variable.name in BESIDE_TEKTON) variable.value = helm(`SWITCHED ${variable.name}`);
      if (variable.name === 'ENTRYPOINT_IMAGE') variable.value = helm('toJson .Values.images.entrypoint');
      if (variable.value === image) variable.value = helm(`toJson .Values.images.${nameOf(image)}`);
    }
    for (const { secret } of pod.volumes ?? []) {
      if (secret?.secretName === OWN_DATABASE) secret.secretName = helm('toJson .Values.database.secret');
    }
  }
  return inNamespace(copy);
}

/** Every `namespace: slipway`, wherever it stands. */
function inNamespace(value) {
  if (Array.isArray(value)) return value.map(inNamespace);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === 'namespace' && one === 'slipway' ? helm('.Release.Namespace') : inNamespace(one),
    ]),
  );
}

function groupOf({ metadata: { name } }) {
  return GROUPS.find((group) => name === `slipway-${group}` || name.startsWith(`slipway-${group}-`)) ?? 'platform';
}

function nameOf(image) {
  return image.replace(/:.*/, '').replace(/.*\//, '');
}

function keyOf({ kind, metadata: { namespace = '', name } }) {
  return `${kind} ${namespace}/${name}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = resolve(import.meta.dirname, '..');
  const folder = join(root, 'deploy/helm/slipway');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'templates'), { recursive: true });
  for (const [path, text] of Object.entries(chartFiles(root))) writeFileSync(join(folder, path), text);
}
