import { parseAllDocuments, type Document } from 'yaml';
import { entry } from './new-tree.js';
import { printTree } from './print-tree.js';
import { Unsupported, readTree } from './read-tree.js';
import { entryOf, mapAt, put, rename, rewrite, take, valueOf, type Leaf, type MapTree } from './tree.js';

function treeOf(text: string): MapTree {
  const [document] = parseAllDocuments(text, { version: '1.1', keepSourceTokens: true }) as Document.Parsed[];
  return readTree(document!, text).tree;
}

const ODD = `# head
spec:   # behind a key
  # before the first
  steps:
    -   image: x   # behind a value
        script: |
          #!/bin/sh
            deeper

          last
        args: [ 'a',
                "b" ]   # behind a list
        # deeper than what follows
  # before volumes
# to the left of everything
  volumes:

  - {name: v, emptyDir: {}}
  -
    name: w
  empty:
  text: "folded
    over lines"
`;

describe('a tree', () => {
  test('prints what was read, byte for byte (Y1)', () => {
    const text = ODD.slice(ODD.indexOf('spec'), -1);
    expect(printTree(treeOf(ODD))).toBe(text.replace('-\n    name: w', '- name: w'));
  });

  test('means what the text means', () => {
    expect(valueOf(treeOf(ODD))).toEqual(parseAllDocuments(ODD)[0]!.toJS());
  });

  const moves: [what: string, from: string, change: (tree: MapTree) => void, to: string][] = [
    [
      'moves an entry with its comments to another depth (Y2, Y3)',
      'a:\n  b:\n    # about c\n    c: |\n      one\n        two\n    # deeper\n      # than d\n  d: 1',
      (tree) => put(tree, [take(mapAt(tree, 'a', 'b')!, 'c')!]),
      'a:\n  b: {}\n  d: 1\n# about c\nc: |\n  one\n    two\n# deeper\n  # than d',
    ],
    ['renames a key and keeps its quotes', '"a" : 1 # x', (tree) => rename(tree, 'a', 'b'), '"b" : 1 # x'],
    ['changes a scalar in its own quotes', "a: '${X}' # x", (tree) => rewrite(entryOf(tree, 'a')!.value as Leaf, () => "'y'"), "a: 'y' # x"],
    ['changes a flow collection in place', 'a: { b: [1,  2] }', (tree) => rename(mapAt(tree, 'a')!, 'b', 'cc'), 'a: { cc: [1,  2] }'],
    [
      'prints a flow collection as a block when entries come (Y4)',
      'a: {b: {c: [x]}} # x\nd: 1',
      (tree) => put(mapAt(tree, 'a', 'b')!, [entry('e', [{ f: 1 }])]),
      'a: # x\n  b:\n    c: [x]\n    e:\n    - f: 1\nd: 1',
    ],
  ]; // prettier-ignore
  test.each(moves)('%s', (_what, from, change, to) => {
    const tree = treeOf(from);
    change(tree);
    expect(printTree(tree)).toBe(to);
  });

  test.each(['a: 1\n? b\n: 2', 'a: &x {b: 1}\nc:\n  <<: *x', 'a: 1\na: 2'])('refuses %j', (text) => {
    expect(() => treeOf(text)).toThrow(Unsupported);
  });
});
