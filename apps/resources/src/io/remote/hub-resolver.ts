// The hub resolver: a Task or Pipeline of a catalog, from Artifact Hub or a Tekton Hub.

import { MAX_DOCUMENT_BYTES } from '@slipway/contracts';
import { httpUrl, redacted, type RemoteHttp } from '@slipway/guarded-http';
import { isConstraint, newestMatching } from '../../core/version-constraint.js';
import { hashOf } from './http-resolver.js';
import { unresolvable, type Resolver } from './resolver.js';

export interface HubUrls {
  artifactHubUrl: string;
  tektonHubUrl: string;
}

interface Hub {
  /** Of all versions, and of one; without a slash at the end. */
  versionsUrl: string;
  documentUrl: (version: string) => string;
  versionsIn: (answer: unknown) => unknown;
  documentIn: (answer: unknown) => unknown;
  /** A version as this hub writes it. */
  spelled: (version: string) => string;
}

/** An answer is the document in JSON, with more around it. */
const MAX_ANSWER_BYTES = 4 * MAX_DOCUMENT_BYTES;

export function hubResolver(http: RemoteHttp, urls: HubUrls): Resolver {
  return async (params, { signal }) => {
    const type = params.oneOf('type', ['artifact', 'tekton'] as const, 'artifact');
    const kind = params.oneOf('kind', ['task', 'pipeline'] as const, 'task');
    const name = params.required('name');
    const version = params.required('version');
    const catalog = params.optional('catalog');
    const base = params.optional('url') ?? (type === 'artifact' ? urls.artifactHubUrl : urls.tektonHubUrl);
    for (const [what, text] of Object.entries({ name, catalog })) {
      if (text === '.' || text === '..') params.problem(`param "${what}" is no name`);
    }
    params.done();
    httpUrl(base);
    const hub = (type === 'artifact' ? artifactHub : tektonHub)(base.replace(/\/+$/, ''), kind, name, catalog);
    const ask = async (url: string): Promise<unknown> => {
      const { status, body } = await http.get(url, { maxBytes: MAX_ANSWER_BYTES, signal });
      if (status !== 200) throw unresolvable(`fail to fetch the ${kind} "${name}": ${redacted(url)} answers ${status}`);
      try {
        return JSON.parse(body.toString());
      } catch (cause) {
        throw unresolvable(`${redacted(url)} answers with what is no JSON`, undefined, cause);
      }
    };
    const exact = isConstraint(version)
      ? newestMatching(texts(hub.versionsIn(await ask(hub.versionsUrl))), version)
      : hub.spelled(version);
    if (exact === undefined) throw unresolvable(`no version of the ${kind} "${name}" is ${version}`);
    const url = hub.documentUrl(encodeURIComponent(exact));
    const document = hub.documentIn(await ask(url));
    if (typeof document !== 'string' || document === '') throw unresolvable(`${redacted(url)} has no document`);
    const data = Buffer.from(document);
    return { data, refSource: { uri: url, digest: { sha256: hashOf(data, 'sha256') } } };
  };
}

function artifactHub(base: string, kind: string, name: string, catalog: string | undefined): Hub {
  const of = encodeURIComponent(catalog ?? `tekton-catalog-${kind}s`);
  const versionsUrl = `${base}/api/v1/packages/tekton-${kind}/${of}/${encodeURIComponent(name)}`;
  return {
    versionsUrl,
    documentUrl: (version) => `${versionsUrl}/${version}`,
    versionsIn: (answer) => at(answer, 'available_versions'),
    documentIn: (answer) => at(answer, 'data', 'manifestRaw'),
    // Artifact Hub knows three numbers only.
    spelled: (version) => (/^v?\d+\.\d+$/.test(version) ? `${version}.0` : version),
  };
}

function tektonHub(base: string, kind: string, name: string, catalog: string | undefined): Hub {
  const of = encodeURIComponent(catalog ?? 'Tekton');
  const versionsUrl = `${base}/v1/resource/${of}/${kind}/${encodeURIComponent(name)}`;
  return {
    versionsUrl: `${versionsUrl}/versions`,
    documentUrl: (version) => `${versionsUrl}/${version}/yaml`,
    versionsIn: (answer) => at(answer, 'data', 'versions'),
    documentIn: (answer) => at(answer, 'data', 'yaml'),
    // Tekton Hub knows two.
    spelled: (version) => version.replace(/^(\d+\.\d+)\.0$/, '$1'),
  };
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
    value,
  );
}

function texts(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.map((entry) => at(entry, 'version')).filter((version) => typeof version === 'string');
}
