import { imagesToRemove, type KeptImage } from './image-eviction.js';

/** `images('a 3 1')`: digest, size, when it was used. */
function images(...lines: string[]): KeptImage[] {
  return lines.map((line) => {
    const [digest = '', size, used] = line.split(' ');
    return { digest, sizeBytes: Number(size), usedMs: Number(used) };
  });
}

// prettier-ignore
const table: [what: string, kept: KeptImage[], maxBytes: number, inUse: string, removed: string][] = [
  ['nothing while there is room', images('a 3 1', 'b 3 2'), 6, '', ''],
  ['the one that was not used for longest', images('a 3 2', 'b 3 1'), 5, '', 'b'],
  ['no more than needed', images('a 3 1', 'b 3 2', 'c 3 3'), 6, '', 'a'],
  ['as many as needed', images('a 1 1', 'b 1 2', 'c 5 3'), 5, '', 'ab'],
  ['none that a pod uses, the next one instead', images('a 3 1', 'b 3 2'), 5, 'a', 'b'],
  ['nothing where pods use all of it', images('a 3 1', 'b 3 2'), 0, 'ab', ''],
];

test.each(table)('imagesToRemove names %s', (_what, kept, maxBytes, inUse, removed) => {
  expect(imagesToRemove(kept, maxBytes, (digest) => inUse.includes(digest)).join('')).toBe(removed);
});
