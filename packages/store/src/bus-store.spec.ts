import {
  SlipwayError,
  type CommitReply,
  type CommitRequest,
  type ListReply,
  type ListRequest,
} from '@slipway/contracts';
import { busStore } from './bus-store.js';

const away = (): SlipwayError => new SlipwayError('transient', 'NobodyAnswers', 'No service answers.');

/** A bus whose other side is a function; answers may get lost. */
function bus(answer: (subject: string, data: unknown) => unknown): {
  request: <R>(s: string, d: unknown) => Promise<R>;
} {
  return {
    request: <R>(subject: string, data: unknown) => new Promise<R>((resolve) => resolve(answer(subject, data) as R)),
  };
}

describe('busStore', () => {
  test('asks a commit again under the same id when the answer is lost', async () => {
    const asked: CommitRequest[] = [];
    const reply: CommitReply = { revision: 1, objects: [] };
    const store = busStore(
      bus((_, data) => {
        asked.push(data as CommitRequest);
        if (asked.length < 3) throw away();
        return reply;
      }),
    );
    expect(await store.commit({ writes: [] })).toEqual(reply);
    expect(asked[0]!.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(asked.map((request) => request.id)).toEqual([asked[0]!.id, asked[0]!.id, asked[0]!.id]);
  });

  test('asks once more beside a question that nobody answers, and takes the first answer', async () => {
    const asked: CommitRequest[] = [];
    const reply: CommitReply = { revision: 1, objects: [] };
    const store = busStore(
      bus((_, data) => {
        asked.push(data as CommitRequest);
        return asked.length === 1 ? new Promise(() => {}) : reply; // the first one was stopped with it in hand
      }),
    );
    expect(await store.commit({ writes: [] })).toEqual(reply);
    expect(asked.map(({ id }) => id)).toEqual([asked[0]!.id, asked[0]!.id]);
  });

  test('gives each commit an id of its own', async () => {
    const ids = new Set<string | undefined>();
    const store = busStore(bus((_, data) => (ids.add((data as CommitRequest).id), { revision: 1, objects: [] })));
    await store.commit({ writes: [] });
    await store.commit({ writes: [] });
    expect(ids.size).toBe(2);
  });

  test('gives up when the registry is away for too long', async () => {
    const store = busStore(
      bus(() => {
        throw away();
      }),
      { deadlineMs: 100 },
    );
    await expect(store.heads()).rejects.toMatchObject({ kind: 'transient' });
  });

  test('does not ask again what was refused', async () => {
    let asked = 0;
    const store = busStore(
      bus(() => {
        asked++;
        throw new SlipwayError('conflict', 'Conflict', 'No.');
      }),
    );
    await expect(store.commit({ writes: [] })).rejects.toMatchObject({ kind: 'conflict' });
    expect(asked).toBe(1);
  });

  test('joins the pages of a list, with revision and heads of the first', async () => {
    const pages: Record<string, ListReply> = {
      '': { items: [object('a')], revision: 5, heads: [1], continue: 'x' },
      x: { items: [object('b')], revision: 5, heads: [9], continue: 'y' },
      y: { items: [object('c')], revision: 5, heads: [9] },
    };
    const store = busStore(bus((_, data) => pages[(data as ListRequest).continue ?? '']));
    const listing = await store.list('configmaps');
    expect(listing).toEqual({ items: [object('a'), object('b'), object('c')], revision: 5, heads: [1] });
  });

  test('lists from the start when a page has expired', async () => {
    let isExpired = true;
    const store = busStore(
      bus((_, data) => {
        if ((data as ListRequest).continue === undefined)
          return { items: [object('a')], revision: 1, heads: [], continue: 'x' };
        if (isExpired) {
          isExpired = false;
          throw new SlipwayError('expired', 'Expired', 'Too old.');
        }
        return { items: [object('b')], revision: 1, heads: [] };
      }),
    );
    expect((await store.list('configmaps')).items).toEqual([object('a'), object('b')]);
  });
});

function object(name: string): ListReply['items'][number] {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ns' } };
}
