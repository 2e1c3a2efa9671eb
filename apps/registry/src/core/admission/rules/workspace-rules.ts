// The volumes that a run binds to workspaces.

import type { WorkspaceBinding } from '@slipway/contracts';

import { at, type Findings } from './findings.js';

const SOURCES = [
  'configMap',
  'emptyDir',
  'persistentVolumeClaim',
  'secret',
  'volumeClaimTemplate',
  'projected',
  'csi',
] as const;
/** Tekton names these five, whatever stands there. */
const NAMED = SOURCES.slice(0, 5);

/** One binding: exactly one source, and what that source needs. */
export function checkWorkspaceBinding(binding: WorkspaceBinding, path: string, findings: Findings): void {
  if (Object.keys(binding).length === 0) {
    findings.missing(path);
    return;
  }
  const sources = SOURCES.filter((source) => binding[source] !== undefined);
  if (sources.length > 1) findings.both(NAMED.map((source) => at(path, source)));
  if (sources.length === 0) findings.neither(NAMED.map((source) => at(path, source)));
  if (sources.length !== 1) return;
  const { persistentVolumeClaim, configMap, secret, projected, csi } = binding;
  const need = (source: object | undefined, value: unknown, field: string): void => {
    if (source !== undefined && (value === undefined || value === '')) findings.missing(at(path, field));
  };
  need(persistentVolumeClaim, persistentVolumeClaim?.claimName, 'persistentVolumeClaim.claimName');
  need(configMap, configMap?.name, 'configMap.name');
  need(secret, secret?.secretName, 'secret.secretName');
  need(projected, projected?.sources?.length === 0 ? undefined : projected?.sources, 'projected.sources');
  need(csi, csi?.driver, 'csi.driver');
}
