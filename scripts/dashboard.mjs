// The Grafana dashboard as rows of panels: `node scripts/dashboard.mjs` writes deploy/kubernetes/components/monitoring.

import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const DASHBOARD_FILE = join(root, 'deploy/kubernetes/components/monitoring/dashboard.json');

const quantile = (q, metric, by) =>
  `histogram_quantile(${q}, sum by (${['le', ...by].join(', ')}) (rate(${metric}_bucket[5m])))`;
const rate = (metric, by) => `sum by (${by.join(', ')}) (rate(${metric}[5m]))`;
const durations = (metric, by = []) => [
  ['p50 ' + by.map((label) => `{{${label}}}`).join(' '), quantile(0.5, metric, by)],
  ['p99 ' + by.map((label) => `{{${label}}}`).join(' '), quantile(0.99, metric, by)],
];

/** Rows of panels: title, unit, queries with their legends. */
const ROWS = [
  ['Runs', [
    ['Running and waiting', 'short', [
      ['PipelineRuns', 'sum(slipway_pipelineruns_running)'],
      ['TaskRuns running', 'sum(slipway_taskruns_running)'],
      ['TaskRuns waiting', 'sum(slipway_taskruns_waiting)'],
    ]],
    ['TaskRuns ended', 'ops', [['{{status}} {{reason}}', rate('slipway_taskruns_total', ['status', 'reason'])]]],
    ['PipelineRuns ended', 'ops', [['{{reason}}', rate('slipway_pipelineruns_finished_total', ['reason'])]]],
    ['Duration of TaskRuns', 's', durations('slipway_taskrun_duration_seconds', ['status'])],
    ['Duration of PipelineRuns', 's', durations('slipway_pipelinerun_duration_seconds', ['status'])],
    ['Until the steps run', 's', durations('slipway_taskrun_pod_start_seconds')],
  ]],
  ['Platform', [
    ['Ready', 'short', [['{{service}} {{pod}}', 'slipway_ready']]],
    ['Shards owned', 'short', [['{{service}} {{pod}}', 'slipway_shards_owned']]],
    ['Releases', 'short', [['{{service}} {{version}}', 'count by (service, version) (slipway_build_info)']]],
    ['Changes not published', 'short', [['outbox', 'max(slipway_relay_outbox_changes)']]],
    ['Messages that wait', 'short', [['{{durable}}', 'max by (durable) (slipway_bus_pending)']]],
    ['Given up, delivered again', 'ops', [
      ['dead {{durable}}', rate('slipway_bus_dead_letters_total', ['durable'])],
      ['again {{durable}}', rate('slipway_bus_redelivered_total', ['durable'])],
    ]],
    ['Delay of caches', 's', durations('slipway_cache_delay_seconds', ['service'])],
    ['Transactions', 's', durations('slipway_store_commit_group_seconds')],
    ['Commits refused', 'ops', [['{{reason}}', rate('slipway_store_commits_refused_total', ['reason'])]]],
    ['Requests between services', 's', durations('slipway_rpc_client_seconds', ['subject'])],
    ['Event loop', 's', [['{{service}} {{pod}}', 'nodejs_eventloop_lag_p99_seconds']]],
    ['Memory', 'bytes', [['{{service}} {{pod}}', 'process_resident_memory_bytes{service=~".+"}']]],
  ]],
  ['API', [
    ['Requests', 'reqps', [['{{code}}', rate('slipway_api_request_seconds_count', ['code'])]]],
    ['Time to answer', 's', durations('slipway_api_request_seconds', ['verb'])],
    ['Watches and followed logs', 'short', [['open', 'sum(slipway_api_long_running)']]],
  ]],
  ['Cluster and logs', [
    ['Requests to the API server', 'reqps', [
      ['{{verb}} {{code}}', rate('slipway_kubernetes_requests_seconds_count', ['verb', 'code'])],
    ]],
    ['Waiting for our rate limit', 's', durations('slipway_kubernetes_rate_limit_seconds')],
    ['Ended pods', 'short', [['kept', 'max(slipway_executor_pods_kept)']]],
    ['Disk of the logs, free', 'percentunit', [
      ['{{pod}}', 'slipway_logs_disk_free_bytes / slipway_logs_disk_size_bytes'],
    ]],
  ]],
]; // prettier-ignore

const WIDTH = 8;
const HEIGHT = 7;
const COLUMNS = 24;

/** As Grafana imports it. */
export function dashboard() {
  const panels = [];
  let y = 0;
  for (const [title, row] of ROWS) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    });
    y += 1;
    row.forEach(([name, unit, queries], i) => {
      const perRow = COLUMNS / WIDTH;
      const gridPos = { x: (i % perRow) * WIDTH, y: y + Math.floor(i / perRow) * HEIGHT, w: WIDTH, h: HEIGHT };
      panels.push({
        id: panels.length + 1,
        type: 'timeseries',
        title: name,
        datasource: { type: 'prometheus', uid: '${datasource}' },
        fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
        gridPos,
        targets: queries.map(([legendFormat, expr], at) => ({
          refId: String.fromCharCode(65 + at),
          expr,
          legendFormat,
        })),
      });
    });
    y += Math.ceil(row.length / (COLUMNS / WIDTH)) * HEIGHT;
  }
  return {
    uid: 'slipway',
    title: 'Slipway',
    schemaVersion: 39,
    timezone: 'browser',
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' }] },
    panels,
  };
}

/** The text of the file. */
export function dashboardText() {
  return `${JSON.stringify(dashboard(), undefined, 2)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(DASHBOARD_FILE, dashboardText());
