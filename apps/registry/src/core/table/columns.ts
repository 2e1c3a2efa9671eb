// The columns of each kind, as Kubernetes and Tekton's CRDs print them.

import {
  msOf,
  resourceNameOf,
  type ApprovalDecision,
  type Condition,
  type CoreEvent,
  type KubeObject,
  type ResourceKind,
} from '@slipway/contracts';
import { age, humanDuration } from './age.js';
import type { Column } from './column.js';
import { POD_COLUMNS } from './pod-columns.js';

/** Objects are read as trees whose parts may all be missing: stored ones are valid, but a table must never fail. */
type Loose = Record<string, unknown> & { metadata: KubeObject['metadata'] };

// Descriptions are left out where the header says it all: they travel with every list.
const NAME: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  priority: 0,
  description: 'Name must be unique within a namespace.',
  cell: (object) => object.metadata.name,
};
const AGE: Column = {
  name: 'Age',
  type: 'string',
  priority: 0,
  description: 'CreationTimestamp is a timestamp representing the server time when this object was created.',
  cell: (object, nowMs) => age(object.metadata.creationTimestamp, nowMs),
};

function column(
  name: string,
  cell: (object: Loose, nowMs: number) => string | number | null,
  more: { wide?: true; type?: Column['type'] } = {},
): Column {
  return {
    name,
    type: more.type ?? 'string',
    priority: more.wide ? 1 : 0,
    description: '',
    cell: (object, nowMs) => cell(object as unknown as Loose, nowMs),
  };
}

const RUN_COLUMNS: Column[] = [
  NAME,
  column('Succeeded', (run) => condition(run)?.status ?? null),
  column('Reason', (run) => condition(run)?.reason ?? null),
  column('StartTime', (run, nowMs) => date(at(run, 'status', 'startTime'), nowMs), { type: 'date' }),
  column('CompletionTime', (run, nowMs) => date(at(run, 'status', 'completionTime'), nowMs), { type: 'date' }),
];

const COLUMNS: Record<string, Column[]> = {
  'taskruns.tekton.dev': RUN_COLUMNS,
  'pipelineruns.tekton.dev': RUN_COLUMNS,
  'customruns.tekton.dev': RUN_COLUMNS,
  'builds.build.knative.dev': RUN_COLUMNS,
  'resolutionrequests.resolution.tekton.dev': [
    NAME,
    column('OwnerKind', ({ metadata }) => metadata.ownerReferences?.[0]?.kind ?? null),
    column('Owner', ({ metadata }) => metadata.ownerReferences?.[0]?.name ?? null),
    column('Succeeded', (request) => condition(request)?.status ?? null),
    column('Reason', (request) => condition(request)?.reason ?? null),
    // Tekton's CRD prints these two as they are, not as ages.
    column('StartTime', ({ metadata }) => metadata.creationTimestamp ?? null),
    column('EndTime', (request) => condition(request)?.lastTransitionTime ?? null),
  ],
  'images.caching.internal.knative.dev': [
    NAME,
    column('Image', (image) => text(at(image, 'spec', 'image'))),
    column('Ready', (image) => condition(image, 'Ready')?.status ?? null),
    column('Reason', (image) => condition(image, 'Ready')?.reason ?? null),
    AGE,
  ],
  'approvals.slipway.dev': [
    NAME,
    column('Succeeded', (approval) => condition(approval)?.status ?? null),
    column('Reason', (approval) => condition(approval)?.reason ?? null),
    column('Required', (approval) => Number(at(approval, 'spec', 'required') ?? 1), { type: 'integer' }),
    column('Approved', (approval) => approvals(at(approval, 'spec', 'decisions')), { type: 'integer' }),
    AGE,
    column('Message', (approval) => text(at(approval, 'spec', 'message')), { wide: true }),
  ],
  'retentionpolicies.slipway.dev': [
    NAME,
    column('Succeeded', (policy) => kept(at(policy, 'spec', 'succeeded'))),
    column('Failed', (policy) => kept(at(policy, 'spec', 'failed'))),
    AGE,
    column('Pods succeeded', (policy) => kept(at(policy, 'spec', 'pods', 'succeeded')), { wide: true }),
    column('Pods failed', (policy) => kept(at(policy, 'spec', 'pods', 'failed')), { wide: true }),
  ],
  pods: [NAME, ...POD_COLUMNS(AGE)],
  namespaces: [NAME, column('Status', (namespace) => text(at(namespace, 'status', 'phase'))), AGE],
  secrets: [
    NAME,
    column('Type', (secret) => text(secret['type'])),
    column('Data', (secret) => count(secret['data']), { type: 'integer' }),
    AGE,
  ],
  configmaps: [NAME, column('Data', (map) => count(map['data']) + count(map['binaryData']), { type: 'integer' }), AGE],
  serviceaccounts: [NAME, column('Secrets', (account) => count(account['secrets']), { type: 'integer' }), AGE],
  persistentvolumeclaims: [
    NAME,
    column('Status', (claim) =>
      claim.metadata.deletionTimestamp ? 'Terminating' : text(at(claim, 'status', 'phase')),
    ),
    column('Volume', (claim) => text(at(claim, 'spec', 'volumeName'))),
    column('Capacity', (claim) => text(at(claim, 'status', 'capacity', 'storage'))),
    column('Access Modes', (claim) =>
      accessModes(at(claim, 'status', 'accessModes') ?? at(claim, 'spec', 'accessModes')),
    ),
    column('StorageClass', (claim) => text(at(claim, 'spec', 'storageClassName'))),
    column('VolumeAttributesClass', () => '<unset>'),
    AGE,
    column('VolumeMode', (claim) => text(at(claim, 'spec', 'volumeMode')) || 'Filesystem', { wide: true }),
  ],
  events: [
    column('Last Seen', (event, nowMs) => lastSeen(event, nowMs)),
    column('Type', (event) => text(event['type'])),
    column('Reason', (event) => text(event['reason'])),
    column('Object', (event) => involved(event)),
    column('Subobject', (event) => text(at(event, 'involvedObject', 'fieldPath')), { wide: true }),
    column('Source', (event) => source(event), { wide: true }),
    column('Message', (event) => text(event['message']).trim()),
    column(
      'First Seen',
      (event, nowMs) => age((event as unknown as CoreEvent).firstTimestamp ?? text(event['eventTime']), nowMs),
      { wide: true },
    ),
    column('Count', (event) => Number(event['count'] ?? 1), { wide: true, type: 'integer' }),
    { ...NAME, priority: 1 },
  ],
};

const PLAIN: Column[] = [NAME, AGE];

export function columnsOf(kind: ResourceKind): readonly Column[] {
  return COLUMNS[resourceNameOf(kind)] ?? PLAIN;
}

function at(object: unknown, ...path: string[]): unknown {
  let value = object;
  for (const key of path) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return value;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function count(value: unknown): number {
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

function condition(run: Loose, wanted = 'Succeeded'): Condition | undefined {
  const conditions = at(run, 'status', 'conditions');
  return Array.isArray(conditions) ? (conditions as Condition[]).find(({ type }) => type === wanted) : undefined;
}

/** Users who approved, each once, whatever they said before. */
function approvals(decisions: unknown): number {
  if (!Array.isArray(decisions)) return 0;
  const latest = new Map((decisions as ApprovalDecision[]).map((one) => [one?.user, one?.decision]));
  return [...latest.values()].filter((decision) => decision === 'approve').length;
}

/** `last 20, 168h` of a policy's limits. */
function kept(limits: unknown): string | null {
  const keep = at(limits, 'keep');
  const parts = [...(typeof keep === 'number' ? [`last ${keep}`] : []), text(at(limits, 'for'))];
  return parts.filter((part) => part !== '').join(', ') || null;
}

/** A CRD's date column: empty when absent. */
function date(time: unknown, nowMs: number): string | null {
  const ms = msOf(typeof time === 'string' ? time : undefined);
  return ms === undefined ? null : humanDuration(nowMs - ms);
}

const MODE_SHORT: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function accessModes(modes: unknown): string {
  return Array.isArray(modes) ? modes.map((mode) => MODE_SHORT[String(mode)] ?? String(mode)).join(',') : '';
}

function lastSeen(event: Loose, nowMs: number): string {
  const { lastTimestamp, firstTimestamp } = event as unknown as CoreEvent;
  const last = age(lastTimestamp ?? firstTimestamp ?? text(event['eventTime']), nowMs);
  const times = Number(event['count'] ?? 1);
  return times > 1 && firstTimestamp !== undefined ? `${last} (x${times} over ${age(firstTimestamp, nowMs)})` : last;
}

function involved(event: Loose): string {
  const kind = text(at(event, 'involvedObject', 'kind')).toLowerCase();
  const name = text(at(event, 'involvedObject', 'name'));
  return name === '' ? kind : `${kind}/${name}`;
}

function source(event: Loose): string {
  const component = text(at(event, 'source', 'component')) || text(event['reportingComponent']);
  const host = text(at(event, 'source', 'host')) || text(event['reportingInstance']);
  return [component, host].filter((part) => part !== '').join(', ');
}
