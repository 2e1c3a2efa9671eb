// The operations of a kind in OpenAPI v3. kubectl refuses to create objects unless a PATCH operation with the kind says
// that it takes `fieldValidation`; without it kubectl asks for OpenAPI v2 in protobuf.

import type { ResourceKind } from '@slipway/contracts';

import { META } from './schema.js';

export type OpenApiObject = Record<string, unknown>;

/** Paths of a kind in one version, each with its operations. */
export function operationsOf(kind: ResourceKind, version: string, prefix: string): [string, OpenApiObject][] {
  const root = kind.group === '' ? `/api/${version}` : `/apis/${kind.group}/${version}`;
  const collection = kind.namespaced ? `${root}/namespaces/{namespace}/${kind.plural}` : `${root}/${kind.plural}`;
  const kindOf = new Operations(kind, version, `${prefix}.${kind.kind}`);
  const scope = kind.namespaced ? [NAMESPACE] : [];
  const paths: [string, OpenApiObject][] = [
    [
      collection,
      {
        get: kindOf.operation('list', { parameters: LIST_PARAMETERS, answer: 'List' }),
        ...(kind.createdByServices
          ? {}
          : { post: kindOf.operation('post', { parameters: WRITE_PARAMETERS, body: '' }) }),
        delete: kindOf.operation('deletecollection', { parameters: LIST_PARAMETERS, answer: 'status' }),
        parameters: [...scope, PRETTY],
      },
    ],
    [
      `${collection}/{name}`,
      {
        get: kindOf.operation('get', {}),
        put: kindOf.operation('put', { parameters: WRITE_PARAMETERS, body: '' }),
        patch: kindOf.operation('patch', { parameters: [...WRITE_PARAMETERS, FORCE], body: 'patch' }),
        delete: kindOf.operation('delete', { parameters: DELETE_PARAMETERS, body: 'delete', answer: 'status' }),
        parameters: [...scope, NAME, PRETTY],
      },
    ],
  ];
  if (kind.namespaced) {
    const everywhere = kindOf.operation('list', { parameters: LIST_PARAMETERS, answer: 'List', everywhere: true });
    paths.push([`${root}/${kind.plural}`, { get: everywhere, parameters: [PRETTY] }]);
  }
  if (kind.statusSubresource) {
    paths.push([
      `${collection}/{name}/status`,
      {
        get: kindOf.operation('get', { subresource: 'Status' }),
        put: kindOf.operation('put', { parameters: WRITE_PARAMETERS, body: '', subresource: 'Status' }),
        patch: kindOf.operation('patch', {
          parameters: [...WRITE_PARAMETERS, FORCE],
          body: 'patch',
          subresource: 'Status',
        }),
        parameters: [...scope, NAME, PRETTY],
      },
    ]);
  }
  if (kind.kind === 'Pod') {
    const log = kindOf.operation('get', { parameters: LOG_PARAMETERS, answer: 'text', subresource: 'Log' });
    paths.push([`${collection}/{name}/log`, { get: log, parameters: [...scope, NAME, PRETTY] }]);
  }
  return paths;
}

interface OperationOptions {
  parameters?: readonly OpenApiObject[];
  /** The request body: the kind itself (empty), a patch, or delete options. */
  body?: '' | 'patch' | 'delete';
  /** The answer; the kind itself when absent. */
  answer?: 'List' | 'status' | 'text';
  subresource?: 'Status' | 'Log';
  everywhere?: boolean;
}

class Operations {
  constructor(
    private readonly kind: ResourceKind,
    private readonly version: string,
    private readonly schema: string,
  ) {}

  operation(action: string, o: OperationOptions): OpenApiObject {
    const { group, kind, namespaced } = this.kind;
    const verb = { list: 'list', post: 'create', get: 'read', put: 'replace', patch: 'patch' }[action] ?? action;
    const scope = namespaced && o.everywhere !== true ? 'Namespaced' : '';
    const place = o.everywhere === true ? 'ForAllNamespaces' : (o.subresource ?? '');
    const groupId =
      group === '' ? 'Core' : group.replace(/(^|\.)(.)/g, (_, __, letter: string) => letter.toUpperCase());
    return {
      description: `${verb} ${o.subresource === undefined ? '' : `${o.subresource.toLowerCase()} of `}${kind}`,
      operationId: `${verb}${groupId}${this.version.toUpperCase()}${scope}${kind}${place}`,
      tags: [group === '' ? `core_${this.version}` : `${group.split('.')[0]}_${this.version}`],
      ...(o.parameters === undefined ? {} : { parameters: o.parameters }),
      ...(o.body === undefined ? {} : { requestBody: this.requestBody(o.body) }),
      responses: {
        '200': { description: 'OK', content: this.answer(o.answer) },
        '401': { description: 'Unauthorized' },
      },
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': { group, version: this.version, kind },
    };
  }

  private requestBody(body: NonNullable<OperationOptions['body']>): OpenApiObject {
    if (body === 'delete') return { content: { 'application/json': schemaOf(`${META}.DeleteOptions`) } };
    if (body === '') {
      return {
        required: true,
        content: { 'application/json': schemaOf(this.schema), 'application/yaml': schemaOf(this.schema) },
      };
    }
    const strategic = this.kind.group === '' ? ['application/strategic-merge-patch+json'] : [];
    const types = ['application/json-patch+json', 'application/merge-patch+json', ...strategic];
    const patch = schemaOf(`${META}.Patch`);
    return {
      required: true,
      content: Object.fromEntries([...types, 'application/apply-patch+yaml'].map((type) => [type, patch])),
    };
  }

  private answer(answer: OperationOptions['answer']): OpenApiObject {
    if (answer === 'text') return { 'text/plain': { schema: { type: 'string' } } };
    if (answer === 'status') return { 'application/json': schemaOf(`${META}.Status`) };
    return { 'application/json': schemaOf(answer === 'List' ? `${this.schema}List` : this.schema) };
  }
}

function schemaOf(name: string): OpenApiObject {
  return { schema: { $ref: `#/components/schemas/${name}` } };
}

function query(name: string, type: string, description: string): OpenApiObject {
  return { name, in: 'query', description, schema: { type, uniqueItems: true } };
}
function inPath(name: string, description: string): OpenApiObject {
  return { name, in: 'path', required: true, description, schema: { type: 'string', uniqueItems: true } };
}

const NAMESPACE = inPath('namespace', 'object name and auth scope, such as for teams and projects');
const NAME = inPath('name', 'name of the object');
const PRETTY = query('pretty', 'string', 'If true, then the output is pretty printed.');
const FORCE = query('force', 'boolean', 'Force is going to "force" Apply requests.');
const WRITE_PARAMETERS = [
  query(
    'dryRun',
    'string',
    'When present, indicates that modifications should not be persisted. Valid values are: All.',
  ),
  query(
    'fieldManager',
    'string',
    'fieldManager is a name associated with the actor or entity that is making these changes.',
  ),
  query(
    'fieldValidation',
    'string',
    'fieldValidation instructs the server on how to handle objects in the request containing unknown or duplicate fields. Valid values are: Ignore, Warn, Strict.',
  ),
];
const LIST_PARAMETERS = [
  query('allowWatchBookmarks', 'boolean', 'allowWatchBookmarks requests watch events with type "BOOKMARK".'),
  query('continue', 'string', 'The continue option should be set when retrieving more results from the server.'),
  query('fieldSelector', 'string', 'A selector to restrict the list of returned objects by their fields.'),
  query('labelSelector', 'string', 'A selector to restrict the list of returned objects by their labels.'),
  query('limit', 'integer', 'limit is a maximum number of responses to return for a list call.'),
  query(
    'resourceVersion',
    'string',
    'resourceVersion sets a constraint on what resource versions a request may be served from.',
  ),
  query(
    'resourceVersionMatch',
    'string',
    'resourceVersionMatch determines how resourceVersion is applied to list calls.',
  ),
  query('sendInitialEvents', 'boolean', 'sendInitialEvents makes a watch begin with synthetic events for what exists.'),
  query('timeoutSeconds', 'integer', 'Timeout for the list/watch call.'),
  query('watch', 'boolean', 'Watch for changes to the described resources and return them as a stream.'),
];
const DELETE_PARAMETERS = [
  WRITE_PARAMETERS[0]!,
  query('gracePeriodSeconds', 'integer', 'The duration in seconds before the object should be deleted.'),
  query(
    'propagationPolicy',
    'string',
    'Whether and how garbage collection will be performed: Orphan, Background or Foreground.',
  ),
];
const LOG_PARAMETERS = [
  query('container', 'string', 'The container for which to stream logs.'),
  query('follow', 'boolean', 'Follow the log stream of the pod.'),
  query(
    'limitBytes',
    'integer',
    'If set, the number of bytes to read from the server before terminating the log output.',
  ),
  query('sinceSeconds', 'integer', 'A relative time in seconds before the current time from which to show logs.'),
  query('sinceTime', 'string', 'An RFC 3339 timestamp from which to show logs.'),
  query('tailLines', 'integer', 'If set, the number of lines from the end of the logs to show.'),
  query('timestamps', 'boolean', 'If true, add an RFC 3339 timestamp at the beginning of every line of log output.'),
];
