import { PassThrough } from 'node:stream';
import type { Pod } from '@slipway/contracts';
import { CLUSTER_LABELS } from '../../core/cluster-pod.js';
import type { ApiClient, ApiRequest } from './api-client.js';
import { PodWatch } from './pod-watch.js';

const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } as never;

const pod = (uid: string, resourceVersion: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: uid, namespace: 'team', resourceVersion, labels: { [CLUSTER_LABELS.podUid]: uid } },
  spec: { containers: [] },
});

/** An API server whose watches say what the test says, and whose time is the test's. */
function scriptedApi() {
  const watches: { stream: PassThrough; query: Record<string, string>; silent: () => void }[] = [];
  let opened: (() => void) | undefined;
  const api = {
    call: () => Promise.resolve({ items: [pod('listed', '5')], metadata: { resourceVersion: '7' } }),
    stream: ({ query = {}, signal }: ApiRequest) => {
      const stream = new PassThrough();
      signal?.addEventListener('abort', () => stream.destroy(new Error('aborted')));
      const watch = { stream, query, silent: () => {} };
      Object.assign(stream, { setTimeout: (_ms: number, late: () => void) => (watch.silent = late) });
      watches.push(watch);
      opened?.();
      return Promise.resolve(stream);
    },
  };
  return {
    api: api as unknown as ApiClient,
    async watch(index: number) {
      while (watches.length <= index) await new Promise<void>((resolve) => (opened = resolve));
      return watches[index]!;
    },
  };
}
const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;

describe('PodWatch', () => {
  function running() {
    const script = scriptedApi();
    const watch = new PodWatch({ api: script.api, selector: () => 'all', logger });
    const told = (uid: string): Promise<void> =>
      new Promise((resolve) => {
        const forget = watch.onChange((changed) => changed === uid && (forget(), resolve()));
      });
    watch.start();
    return { script, watch, told };
  }

  test('goes on after a server that says nothing more, from where it was (W1)', async () => {
    const { script, watch, told } = running();
    const first = await script.watch(0);
    const heard = told('a');
    first.stream.write(line('ADDED', pod('a', '9')));
    await heard;
    first.silent();
    const second = await script.watch(1);
    expect(second.query['resourceVersion']).toBe('9');
    const again = told('b');
    second.stream.write(line('ADDED', pod('b', '12')));
    await again;
    expect(watch.uids().sort()).toEqual(['a', 'b', 'listed']);
    await watch.stop();
  });

  test('reads events whatever the borders at which their bytes come', async () => {
    const { script, watch, told } = running();
    const { stream } = await script.watch(0);
    const heard = told('ä');
    const bytes = Buffer.from(line('ADDED', pod('ä', '9')));
    for (const byte of bytes) stream.write(Buffer.of(byte));
    await heard;
    expect(watch.get('ä')?.metadata.name).toBe('ä');
    await watch.stop();
  });
});
