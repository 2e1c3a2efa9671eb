import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { decodeProtobuf } from './protobuf.js';

// Bodies as kubectl 1.32 sent them.
// prettier-ignore
const sent: [command: string, base64: string, object: object][] = [
  ['create secret generic s --from-literal=a=b --from-literal=c=d',
    'azhzAAoMCgJ2MRIGU2VjcmV0EiUKEQoBcxIAGgAiACoAMgA4AEIAEgYKAWESAWISBgoBYxIBZBoAGgAiAA==',
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: 'Yg==', c: 'ZA==' } }],
  ['create configmap m --from-literal=x=y',
    'azhzAAoPCgJ2MRIJQ29uZmlnTWFwEhsKEQoBbRIAGgAiACoAMgA4AEIAEgYKAXgSAXkaACIA',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data: { x: 'y' } }],
  ['create namespace foo',
    'azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhsKEwoDZm9vEgAaACIAKgAyADgAQgASABoCCgAaACIA',
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'foo' }, spec: {}, status: {} }],
  ['create serviceaccount bob',
    'azhzAAoUCgJ2MRIOU2VydmljZUFjY291bnQSFQoTCgNib2ISABoAIgAqADIAOABCABoAIgA=',
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bob' } }],
  ['auth can-i create pods -n foo',
    'azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSOwoQCgASABoAIgAqADIAOABCABIdChsKA2ZvbxIGY3JlYXRlGgAiACoEcG9kczIAOgAaCAgAEgAaACAAGgAiAA==',
    { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', metadata: {},
      spec: { resourceAttributes: { namespace: 'foo', verb: 'create', resource: 'pods' } } }],
  ['auth can-i --list',
    'azhzAAoxChdhdXRob3JpemF0aW9uLms4cy5pby92MRIWU2VsZlN1YmplY3RSdWxlc1JldmlldxIjChAKABIAGgAiACoAMgA4AEIAEgkKB2RlZmF1bHQaBBgAIgAaACIA',
    { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', metadata: {}, spec: { namespace: 'default' } }],
  ['auth whoami',
    'azhzAAotChhhdXRoZW50aWNhdGlvbi5rOHMuaW8vdjESEVNlbGZTdWJqZWN0UmV2aWV3EhoKEAoAEgAaACIAKgAyADgAQgASBgoECgASABoAIgA=',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} }],
];

function envelope(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
  const unknown = new BinaryWriter();
  unknown.tag(1, 2).fork().tag(1, 2).string(apiVersion).tag(2, 2).string(kind).join();
  unknown.tag(2, 2).bytes(raw);
  return Buffer.concat([Buffer.from('k8s\0'), unknown.finish()]);
}

describe('decodeProtobuf', () => {
  test.each(sent)('reads the body of kubectl %s', (_command, base64, object) => {
    expect(decodeProtobuf(Buffer.from(base64, 'base64'))).toEqual(object);
  });

  test('reads DeleteOptions of any group, a grace period of zero included', () => {
    const raw = new BinaryWriter()
      .tag(1, 0)
      .int64(0)
      .tag(2, 2)
      .fork()
      .tag(1, 2)
      .string('u-1')
      .join()
      .tag(4, 2)
      .string('Foreground')
      .finish();
    expect(decodeProtobuf(envelope('tekton.dev/v1', 'DeleteOptions', raw))).toMatchObject({
      gracePeriodSeconds: 0,
      preconditions: { uid: 'u-1' },
      propagationPolicy: 'Foreground',
    });
  });

  test('skips fields that it does not know', () => {
    const raw = new BinaryWriter().tag(99, 2).string('new').tag(3, 2).string('Opaque').finish();
    expect(decodeProtobuf(envelope('v1', 'Secret', raw))).toMatchObject({ type: 'Opaque' });
  });

  test('sends other kinds back to JSON', () => {
    const unsupported = expect.objectContaining({ reason: 'UnsupportedMediaType' }) as Error;
    expect(() => decodeProtobuf(envelope('v1', 'Pod', new Uint8Array()))).toThrow(unsupported);
    expect(() => decodeProtobuf(envelope('v1', 'constructor', new Uint8Array()))).toThrow(unsupported);
  });

  test('refuses every cut of a body, or reads less of it, and never fails otherwise', () => {
    for (const [, base64] of sent) {
      const whole = Buffer.from(base64, 'base64');
      for (let length = 0; length < whole.length; length++) {
        try {
          decodeProtobuf(whole.subarray(0, length));
        } catch (error) {
          expect(error).toMatchObject({ name: 'SlipwayError', kind: 'invalid' });
        }
      }
    }
  });
});
