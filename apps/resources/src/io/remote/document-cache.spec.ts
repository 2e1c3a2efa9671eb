import { DocumentCache } from './document-cache.js';
import type { Fetched } from './resolver.js';

const fetched = (bytes: number): Fetched => ({ data: new Uint8Array(bytes), refSource: {} });

test('the cache forgets a document after five minutes', () => {
  let nowMs = 0;
  const cache = new DocumentCache(() => nowMs);
  const document = fetched(1);
  cache.set('a', document);
  nowMs = 5 * 60_000 - 1;
  expect(cache.get('a')).toBe(document);
  nowMs = 5 * 60_000;
  expect(cache.get('a')).toBeUndefined();
});

test('K2: the cache holds a thousand documents, and drops what was not used for longest', () => {
  const cache = new DocumentCache();
  for (let i = 0; i < 1000; i++) cache.set(`${i}`, fetched(1));
  cache.get('0');
  cache.set('new', fetched(1));
  expect(cache.size).toBe(1000);
  expect(cache.get('1')).toBeUndefined();
  expect(cache.get('0')).toBeDefined();
});

test('K2: the cache is bounded in bytes too', () => {
  const cache = new DocumentCache();
  for (let i = 0; i < 100; i++) cache.set(`${i}`, fetched(1 << 20));
  expect(cache.size).toBe(64);
  cache.set('99', fetched(1));
  expect(cache.size).toBe(64);
});
