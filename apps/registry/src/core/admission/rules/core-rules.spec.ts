import { expectRow, problems, type Row } from '../validation-cases.js';

describe('validate of core kinds', () => {
  const claim = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
  it.each<Row>([
    {
      says: 'a name in capitals',
      of: problems('ConfigMap', { metadata: { name: 'A' } }),
      is: [/^metadata\.name: Invalid value: "A": a lowercase RFC 1123 subdomain/],
    },
    {
      says: 'a namespace with a dot',
      of: problems('Namespace', { metadata: { name: 'a.b' } }),
      is: [/^metadata\.name: Invalid value: "a\.b": a lowercase RFC 1123 label/],
    },
    {
      says: 'a key with a slash',
      of: problems('ConfigMap', { data: { 'a/b': '' } }),
      is: [/^data\[a\/b\]: Invalid value: "a\/b": a valid config key/],
    },
    {
      says: 'one key in data and binaryData',
      of: problems('ConfigMap', { data: { a: '' }, binaryData: { a: '' } }),
      is: ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
    },
    {
      says: 'what an immutable ConfigMap holds',
      of: problems('ConfigMap', { data: { a: '2' }, immutable: true }, { data: { a: '1' }, immutable: true }),
      is: ['data: Forbidden: field is immutable when `immutable` is set'],
    },
    {
      says: 'a secret without the keys of its type',
      of: problems('Secret', { type: 'kubernetes.io/ssh-auth', data: {} }),
      is: ['data[ssh-privatekey]: Required value'],
    },
    {
      says: 'a docker config that is no JSON, without showing it',
      of: problems('Secret', { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'c2VjcmV0' } }),
      is: ['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": must be JSON'],
    },
    {
      says: 'another type for a secret',
      of: problems('Secret', { type: 'b' }, { type: 'a' }),
      is: ['type: Invalid value: "b": field is immutable'],
    },
    {
      says: 'a claim for nothing',
      of: problems('PersistentVolumeClaim', { spec: {} }),
      is: [
        'spec.accessModes: Required value: at least 1 access mode is required',
        'spec.resources[storage]: Required value',
      ],
    },
    {
      says: 'a claim that changes',
      of: problems('PersistentVolumeClaim', { spec: { ...claim.spec, accessModes: ['ReadWriteMany'] } }, claim),
      is: [
        'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ],
    },
    {
      says: 'a label value with a space',
      of: problems('ServiceAccount', { metadata: { name: 'n', labels: { a: 'b c' } } }),
      is: [/^metadata\.labels: Invalid value: "b c": a valid label must be/],
    },
    {
      says: 'a label key with two slashes',
      of: problems('ServiceAccount', { metadata: { name: 'n', labels: { 'a/b/c': '' } } }),
      is: [/^metadata\.labels: Invalid value: "a\/b\/c": a qualified name/],
    },
    {
      says: 'annotations without end',
      of: problems('ServiceAccount', { metadata: { name: 'n', annotations: { a: 'x'.repeat(300_000) } } }),
      is: ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    },
    {
      says: 'an event about another namespace',
      of: problems('Event', { metadata: { name: 'n', namespace: 'a' }, involvedObject: { namespace: 'b' } }),
      is: ['involvedObject.namespace: Invalid value: "b": does not match event.namespace'],
    },
  ])('refuses $says', expectRow);

  it('accepts what is in order', () => {
    expect(problems('PersistentVolumeClaim', claim)).toEqual([]);
    expect(problems('PersistentVolumeClaim', { spec: { ...claim.spec, volumeName: 'pv' } }, claim)).toEqual([]);
    expect(problems('Secret', { type: 'kubernetes.io/basic-auth', data: { username: 'YQ==' } })).toEqual([]);
    expect(problems('Namespace', {})).toEqual([]);
  });
});
