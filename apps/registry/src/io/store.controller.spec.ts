import { StoreController } from './store.controller.js';

const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'kubernetes.io/basic-auth',
  metadata: {
    name: 's',
    namespace: 'ns',
    annotations: {
      'tekton.dev/git-0': 'https://h',
      'kubectl.kubernetes.io/last-applied-configuration': '{"stringData":{"password":"hidden"}}',
    },
  },
  data: { password: 'aGlkZGVu' },
  stringData: { password: 'hidden' },
};
const key = { resource: 'secrets', namespace: 'ns', name: 's' };

function controllerOf(stored: object | undefined): StoreController {
  const get = () => Promise.resolve(stored === undefined ? undefined : { text: JSON.stringify(stored) });
  return new StoreController({ get } as never, {} as never, () => undefined);
}

test('a head says what a secret is and is for, and nothing of what it hides', async () => {
  const { object } = await controllerOf(secret).get({ ...key, headOnly: true });
  expect(object).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/basic-auth',
    metadata: { name: 's', namespace: 'ns', annotations: { 'tekton.dev/git-0': 'https://h' } },
  });
});

test('an object is told whole where its head alone is not asked for', async () => {
  expect(await controllerOf(secret).get(key)).toEqual({ object: secret });
});

test('of what is not stored there is no head', async () => {
  expect(await controllerOf(undefined).get({ ...key, headOnly: true })).toEqual({});
});
