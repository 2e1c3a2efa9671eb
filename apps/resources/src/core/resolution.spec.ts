import { timeOf, type ResolutionRequest } from '@slipway/contracts';
import { decideResolution } from './resolution.js';

const NOW = Date.UTC(2026, 0, 1);
const TIMEOUT = 60_000;

/** A request of a type, taken up so many milliseconds ago. */
function request(type: string | undefined, begunMs?: number, status = 'Unknown'): ResolutionRequest {
  const labels = type === undefined ? {} : { 'resolution.tekton.dev/type': type };
  const lastTransitionTime = timeOf(NOW - (begunMs ?? 0));
  const conditions = [{ type: 'Succeeded', status: status as 'True', reason: 'x', lastTransitionTime }];
  return {
    apiVersion: 'resolution.tekton.dev/v1beta1',
    kind: 'ResolutionRequest',
    metadata: { name: 'r', namespace: 'ns', labels },
    ...(begunMs === undefined ? {} : { status: { conditions } }),
  };
}

// prettier-ignore
const table: [given: string, request: ResolutionRequest, then: object][] = [
  ['takes up a new request', request('git'), { kind: 'begin' }],
  ['takes up a request that nobody here can answer, so that its time runs', request('mine'), { kind: 'begin' }],
  ['resolves what was taken up', request('git', 0), { kind: 'resolve', resolver: 'git', deadlineMs: NOW + 999 + TIMEOUT }],
  ['goes on with what another process left behind', request('http', 30_000), { kind: 'resolve', resolver: 'http' }],
  ['gives up at the deadline, though a process may have been killed at each try', request('git', TIMEOUT + 1000),
    { kind: 'time-out', message: 'resolution took longer than global timeout of 1m0s' }],
  ['leaves an unknown type to controllers outside', request('mine', 1000), { kind: 'wait', untilMs: NOW - 1000 + 999 + TIMEOUT }],
  ['says what is served when nobody answered', request('gti', TIMEOUT + 1000),
    { kind: 'time-out', message: expect.stringMatching(/nobody serves the resolver "gti"; here are bundles, cluster, git/) as string }],
  ['ends a request without a type likewise', request(undefined, TIMEOUT + 1000), { kind: 'time-out' }],
  ['never touches an answer', request('git', 0, 'True'), { kind: 'rest' }],
  ['never touches a failure', request('git', TIMEOUT * 2, 'False'), { kind: 'rest' }],
  ['takes a type that is a property of every object for an unknown one', request('constructor', 0), { kind: 'wait' }],
];

test.each(table)('decideResolution %s', (_given, given, then) => {
  expect(decideResolution(given, TIMEOUT, NOW)).toMatchObject(then);
});
