import { resourceKind, type KubeObject } from '@slipway/contracts';
import { matchesFields, parseFieldSelector, pinnedName } from './field-selector.js';

const pods = resourceKind('pods')!;
const events = resourceKind('events')!;
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'n' },
  status: { phase: 'Running' },
} as KubeObject;

// prettier-ignore
const table: [selector: string, matches: boolean][] = [
  ['', true], ['metadata.name=p', true], ['metadata.name==p', true], ['metadata.name=q', false],
  ['metadata.name!=q', true], ['metadata.name!=p', false], ['metadata.namespace=n,status.phase=Running', true],
  ['metadata.namespace=n,status.phase!=Running', false], ['spec.nodeName=', true], ['spec.nodeName!=', false],
];

describe('field selectors', () => {
  test.each(table)('%p matches the pod: %p', (selector, matches) => {
    expect(matchesFields(parseFieldSelector(selector, pods), pod)).toBe(matches);
  });

  test('a backslash takes the meaning from a comma or an equals sign', () => {
    expect(parseFieldSelector('metadata.name=a\\,b\\=c', pods)).toEqual([
      { field: 'metadata.name', equal: true, value: 'a,b=c' },
    ]);
  });

  test('events are found by what they are about', () => {
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e' },
      involvedObject: { name: 'r', uid: 'u' },
    } as unknown as KubeObject;
    expect(matchesFields(parseFieldSelector('involvedObject.name=r,involvedObject.uid=u', events), event)).toBe(true);
    expect(matchesFields(parseFieldSelector('involvedObject.uid=v', events), event)).toBe(false);
  });

  test('a selector by name pins the result, one that excludes a name does not', () => {
    expect(pinnedName(parseFieldSelector('metadata.name=p', pods))).toBe('p');
    expect(pinnedName(parseFieldSelector('metadata.name!=p', pods))).toBeUndefined();
  });

  test.each(['spec.foo=x', 'metadata.labels=x', 'metadata.name', '=x', '!!'])('refuses %p', (selector) => {
    expect(() => parseFieldSelector(selector, pods)).toThrow(expect.objectContaining({ kind: 'invalid' }) as Error);
  });
});
