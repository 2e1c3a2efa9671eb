// Where objects are in the API.

import { apiVersionOf, type ResourceKind } from '@slipway/contracts';

/** `/apis/tekton.dev/v1/namespaces/default/taskruns[/name]`. */
export function objectPath(kind: ResourceKind, version: string, namespace: string, name?: string): string {
  const root = kind.group === '' ? `/api/${version}` : `/apis/${apiVersionOf(kind, version)}`;
  const within = kind.namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${within}/${kind.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}
