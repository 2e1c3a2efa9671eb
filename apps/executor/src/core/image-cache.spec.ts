import type { Image, KubeObject } from '@slipway/contracts';
import { imageWrites, imagesOf, type ImageState } from './image-cache.js';

function object(apiVersion: string, kind: string, spec: object, resourceVersion = '7'): KubeObject {
  return { apiVersion, kind, metadata: { name: 't', namespace: 'ns', uid: 'u', resourceVersion }, spec } as KubeObject;
}
const template = (spec: object, version?: string): KubeObject =>
  object('build.knative.dev/v1alpha1', 'BuildTemplate', spec, version);
const task = (spec: object): KubeObject => object('tekton.dev/v1', 'Task', spec);

// prettier-ignore
const table: [what: string, template: KubeObject, images: string[]][] = [
  ['each image once, in the order of the steps', template({ steps: [{ image: 'b' }, { image: 'a' }, { image: 'b' }] }), ['b', 'a']],
  ['defaults of parameters', template({ parameters: [{ name: 'V', default: '1' }, { name: 'W' }], steps: [{ image: 'a:${V}' }, { image: '${W}' }] }), ['a:1']],
  ['no image that a default leaves open', template({ parameters: [{ name: 'V', default: '${X}' }], steps: [{ image: 'a:${V}' }] }), []],
  ['none of a template without steps', template({}), []],
  [
    'steps, sidecars and the template of steps of a task',
    task({ params: [{ name: 'v', default: '1' }, { name: 'l', default: ['x'] }], stepTemplate: { image: 'base' }, steps: [{}, { image: 'a:$(params.v)' }, { image: '$(params.l)' }, { ref: { name: 'r' } }], sidecars: [{ image: 's' }] }),
    ['base', 'a:1', 's'],
  ],
];

test.each(table)('imagesOf finds %s', (_what, given, images) => {
  expect(imagesOf(given)).toEqual(images);
});

describe('imageWrites', () => {
  const here: ImageState = { status: 'True', reason: 'AtHand', message: 'here' };
  const gone: ImageState = { status: 'False', reason: 'HostStandsIn', message: 'not here' };
  const write = (of: KubeObject, stored: readonly Image[], state: ImageState = here, nowMs = 0) =>
    imageWrites(of, stored, { namespace: 'ns', stateOf: () => state, nowMs });
  const made = (of: KubeObject, state?: ImageState): Image[] =>
    write(of, [], state).map((one) => ('object' in one ? (one.object as Image) : never()));

  it('makes what Knative Build makes', () => {
    const owner = { apiVersion: 'build.knative.dev/v1alpha1', kind: 'BuildTemplate', name: 't', uid: 'u' };
    expect(made(template({ steps: [{ image: 'a' }, { image: 'b' }] }))[1]).toEqual({
      apiVersion: 'caching.internal.knative.dev/v1alpha1',
      kind: 'Image',
      metadata: {
        name: 't-7-00001',
        namespace: 'ns',
        labels: { controller: 'u', version: '7' },
        ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
      },
      spec: { image: 'b' },
      status: { conditions: [{ type: 'Ready', ...here, lastTransitionTime: '1970-01-01T00:00:00.000Z' }] },
    });
  });

  it('rests when all is as it should be', () => {
    const given = template({ steps: [{ image: 'a' }, { image: 'b' }] });
    expect(write(given, made(given), here, 5000)).toEqual([]);
  });

  it('puts a new version in the place of the old one, in one commit', () => {
    const given = { steps: [{ image: 'a' }] };
    const writes = write(template(given, '8'), made(template(given, '7')));
    expect(writes.map((one) => [one.op, 'key' in one ? one.key.name : one.object.metadata.name])).toEqual([
      ['create', 't-8-00000'],
      ['delete', 't-7-00000'],
    ]);
  });

  it('says so when an image comes or goes', () => {
    const given = template({ steps: [{ image: 'a' }] });
    const [first] = write(given, made(given), gone, 1000);
    expect(first).toMatchObject({
      op: 'update-status',
      object: { status: { conditions: [{ ...gone, lastTransitionTime: '1970-01-01T00:00:01.000Z' }] } },
    });
  });

  it('takes all away when the template goes', () => {
    const given = template({ steps: [{ image: 'a' }] });
    const going = { ...given, metadata: { ...given.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(write(going, made(given)).map(({ op }) => op)).toEqual(['delete']);
  });
});

function never(): never {
  throw new Error('nothing but creations here');
}
