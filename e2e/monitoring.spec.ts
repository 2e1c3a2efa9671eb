// Dashboard, alerts and autoscalers ask for metrics that exist, and every alert for a part of the runbook that exists.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { DASHBOARD_FILE, dashboard, dashboardText } from '../scripts/dashboard.mjs';
import { declaredMetrics } from './declared-metrics.js';

const ROOT = resolve(import.meta.dirname, '..');
const COMPONENTS = join(ROOT, 'deploy/kubernetes/components');
/** Of Node.js, by its client library. */
const OF_THE_PROCESS = ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes'];
/** What Prometheus adds to every sample of a pod. */
const OF_THE_TARGET = ['service', 'pod', 'le'];

const metrics = new Map(declaredMetrics().map((metric) => [metric.name, metric]));

interface Manifest {
  kind: string;
  metadata: { name: string };
  spec: Record<string, unknown>;
}
function manifests(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(join(COMPONENTS, file), 'utf8')).map((one) => one.toJS() as Manifest);
}

interface Rule {
  alert: string;
  expr: string;
  annotations: { runbook: string };
}
const rules = (manifests('monitoring/rules.yaml')[0]!.spec['groups'] as { rules: Rule[] }[]).flatMap(
  (group) => group.rules,
);

const queries: [where: string, query: string][] = [
  ...rules.map(({ alert, expr }): [string, string] => [alert, expr]),
  ...dashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }): [string, string] => [title, expr]),
  ),
  ...manifests('autoscaling-keda/scaled-objects.yaml').flatMap(({ metadata, spec }) =>
    (spec['triggers'] as { metadata: { query?: string } }[]).flatMap(({ metadata: { query } }): [string, string][] =>
      query === undefined ? [] : [[metadata.name, query]],
    ),
  ),
];

/** What of a query no service would answer. */
function unknownIn(query: string): string[] {
  const names = query.match(/\b(?:slipway|nodejs|process)_[a-z0-9_]+/g) ?? [];
  const known = names.map((name) => metrics.get(name.replace(/_(bucket|count|sum)$/, '')) ?? metrics.get(name));
  const missing = names.filter((name, i) => known[i] === undefined && !OF_THE_PROCESS.includes(name));
  const histograms = names.filter((name, i) => known[i]?.kind === 'histogram' && name === known[i].name);
  const labels = [
    ...[...query.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(',').map((label) => label.trim())),
    ...[...query.matchAll(/([a-z_]+)(?:=|!=|=~|!~)"/g)].map(([, label]) => label!),
  ];
  const all = new Set([...OF_THE_TARGET, ...known.flatMap((metric) => metric?.labels ?? [])]);
  return [
    ...missing,
    ...histograms,
    ...(names.length === 0 ? ['nothing asked'] : []),
    ...labels.filter((label) => !all.has(label)),
  ];
}

test.each(queries)('%s asks for metrics and labels that exist: %s', (_, query) => {
  expect(unknownIn(query)).toEqual([]);
});

test('what does not exist is found', () => {
  expect(unknownIn('sum by (pod, colour) (rate(slipway_taskruns_total{state="x"}[5m]))')).toEqual(['colour', 'state']);
  expect(unknownIn('slipway_nothing > 1')).toEqual(['slipway_nothing']);
  expect(unknownIn('slipway_taskrun_duration_seconds')).toEqual(['slipway_taskrun_duration_seconds']);
});

test('the dashboard is what scripts/dashboard.mjs makes', () => {
  expect(readFileSync(DASHBOARD_FILE, 'utf8')).toBe(dashboardText());
});

test('every alert names a part of the runbook', () => {
  const page = readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8');
  const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  const missing = rules.filter(
    ({ annotations }) => !anchors.includes(annotations.runbook.replace('docs/runbook.md#', '')),
  );
  expect(missing.map(({ alert }) => alert)).toEqual([]);
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
});

test('monitors and autoscalers name workloads and ports that there are', () => {
  const base = ['registry', 'scheduler', 'executor', 'resources', 'logs'].map((name) =>
    readFileSync(join(ROOT, `deploy/kubernetes/base/${name}.yaml`), 'utf8'),
  );
  const workloads = base.flatMap((text) => parseAllDocuments(text).map((one) => one.toJS() as Manifest));
  const named = (name: string): boolean =>
    workloads.some(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name);
  for (const file of ['autoscaling/autoscalers.yaml', 'autoscaling-keda/scaled-objects.yaml']) {
    for (const { spec } of manifests(file)) expect(named((spec['scaleTargetRef'] as { name: string }).name)).toBe(true);
  }
  const ports = new Set(base.join('\n').match(/(?<=name: )\w+(?=, containerPort)/g));
  for (const { kind, spec } of manifests('monitoring/monitors.yaml')) {
    expect(kind).toBe('PodMonitor');
    for (const { port } of spec['podMetricsEndpoints'] as { port: string }[]) expect(ports).toContain(port);
  }
});
