import { ANNOTATIONS, LABELS, type Condition } from '@slipway/contracts';
import type { BridgedRun } from './bridged-run.js';
import { nextStep, type Place, type Step } from './next-step.js';

type Made = (given?: { metadata?: object; spec?: object; status?: object }) => BridgedRun;

const made =
  (kind: string, metadata: object, spec: object = {}): Made =>
  (given = {}) =>
    ({
      apiVersion: 'tekton.dev/v1',
      kind,
      metadata: { name: 'r', namespace: 'ns', ...metadata, ...given.metadata },
      spec: { ...spec, ...given.spec },
      ...(given.status === undefined ? {} : { status: given.status }),
    }) as BridgedRun;

const managedBy = 'slipway.dev';
const owner = [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'p', uid: 'stored-p', controller: true }];
const asked = made('PipelineRun', { uid: 'c1' }, { managedBy });
const root = made('PipelineRun', { uid: 's1', labels: { [LABELS.clusterRun]: 'c1' } }, { managedBy });
const shown = made('TaskRun', { uid: 'c2', annotations: { [ANNOTATIONS.storedUid]: 's2' } }, { managedBy });
const child = made('TaskRun', { uid: 's2', labels: { [LABELS.clusterRun]: 'c1' }, ownerReferences: owner });
const buildsOwn = made('TaskRun', { uid: 's3' });

const conditions = (status: Condition['status']): { conditions: Condition[] } => ({
  conditions: [{ type: 'Succeeded', status }],
});
const going = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const running = { status: conditions('Unknown') };
const over = { status: conditions('True') };
const cancelled = { spec: { status: 'Cancelled' } };

// prettier-ignore
const table: [what: string, place: Partial<Place>, step: Step['kind']][] = [
  // The cluster's run and what is stored of it.
  ['a run that is new is stored', { cluster: asked() }, 'store'],
  ['a run of another controller is not', { cluster: asked({ spec: { managedBy: 'example.com/other' } }) }, 'rest'],
  ['a run of Tekton is not', { cluster: asked({ spec: { managedBy: undefined } }) }, 'rest'],
  ['a run that is going is not begun', { cluster: asked({ metadata: going }) }, 'rest'],
  ['a run that is over is not begun', { cluster: asked(over) }, 'rest'],
  ['a run that had begun and is not stored is not begun again', { cluster: asked(running) }, 'refuse'],
  ['a run whose name a Build has is refused', { cluster: asked(), stored: buildsOwn() }, 'refuse'],
  ['a run whose name a child has is refused', { cluster: asked(), stored: child() }, 'refuse'],
  ['one that was refused rests', { cluster: asked(over), stored: buildsOwn() }, 'rest'],
  ['what has begun is told', { cluster: asked(), stored: root(running) }, 'write-status'],
  ['what did not change is not told again', { cluster: asked(running), stored: root(running) }, 'rest'],
  ['what is stored without a status says nothing', { cluster: asked(), stored: root() }, 'rest'],
  ['what was told is not told again where a schema left some of it out', { cluster: asked(), stored: root(running), isTold: true }, 'rest'],
  ['a wish to be cancelled is followed', { cluster: asked({ ...running, ...cancelled }), stored: root(running) }, 'follow'],
  ['a wish to begin is followed', { cluster: asked(), stored: root({ spec: { status: 'PipelineRunPending' } }) }, 'follow'],
  ['a wish that is no text is none', { cluster: asked({ spec: { status: {} } }), stored: root() }, 'rest'],
  ['one that is over takes no wishes', { cluster: asked({ ...over, ...cancelled }), stored: root(over) }, 'rest'],
  // Deletion, from either side.
  ['what the cluster has no more is deleted', { stored: root(running) }, 'delete-stored'],
  ['what is going in the cluster is deleted', { cluster: asked({ metadata: going }), stored: root() }, 'delete-stored'],
  ['a run made anew is another one', { cluster: asked({ metadata: { uid: 'c9' } }), stored: root() }, 'delete-stored'],
  ['a run that was given to another controller of its name goes', { cluster: asked({ spec: { managedBy: 'x' } }), stored: root() }, 'delete-stored'],
  ['what is marked here and gone there is let go', { stored: root({ metadata: going }) }, 'release'],
  ['the end of what is marked here is told first', { cluster: asked(running), stored: root({ ...over, metadata: going }) }, 'write-status'],
  ['then it goes in the cluster', { cluster: asked(over), stored: root({ ...over, metadata: going }) }, 'delete-shown'],
  // What a run started.
  ['a child is shown below its parent', { stored: child(), parentUid: 'c1' }, 'show'],
  ['a child without parent is not', { stored: child() }, 'rest'],
  ['a child that is going is not', { stored: child({ metadata: going }), parentUid: 'c1' }, 'rest'],
  ['a child whose name something else has waits', { cluster: asked({ spec: { managedBy: 'x' } }), stored: child(), parentUid: 'c1' }, 'rest'],
  ["a child's status is told", { cluster: shown(), stored: child(running), parentUid: 'c1' }, 'write-status'],
  ['a child that is cancelled in the cluster is', { cluster: shown(cancelled), stored: child(), parentUid: 'c1' }, 'follow'],
  ['a child that is cancelled here is not begun again', { cluster: shown(running), stored: child({ ...running, ...cancelled }), parentUid: 'c1' }, 'rest'],
  ['what shows another one goes', { cluster: shown({ metadata: { annotations: { [ANNOTATIONS.storedUid]: 's9' } } }), stored: child() }, 'delete-shown'],
  ['what shows nothing goes', { cluster: shown() }, 'delete-shown'],
  ['what shows nothing and is going goes by itself', { cluster: shown({ metadata: going }) }, 'rest'],
  ["a TaskRun of a Build is nobody's business", { stored: buildsOwn(running) }, 'rest'],
  ['nothing is nothing', {}, 'rest'],
];

const placeOf = (place: Partial<Place>): Place => ({
  cluster: undefined,
  stored: undefined,
  parentUid: undefined,
  isTold: false,
  ...place,
});

describe('nextStep', () => {
  test.each(table)('%s', (_what, place, kind) => {
    expect(nextStep(placeOf(place)).kind).toBe(kind);
  });

  test('comes to rest from every pair of states, and then nothing of others has changed (N1, N4)', () => {
    const states = [{}, running, over, { metadata: going }, cancelled, { ...over, metadata: going }];
    const others = [{ spec: { managedBy: 'x' } }, { spec: { managedBy: undefined }, ...running }];
    const inCluster = [undefined, ...states.flatMap((s) => [asked(s), shown(s)]), ...others.map((s) => asked(s))];
    const inStore = [undefined, ...states.flatMap((s) => [root(s), child(s), buildsOwn(s)])];
    for (const cluster of inCluster) {
      for (const stored of inStore) {
        for (const parentUid of [undefined, 'c1']) {
          const end = play(placeOf({ cluster, stored, parentUid }));
          expect(nextStep(end)).toEqual({ kind: 'rest' });
          if (cluster !== undefined && cluster.spec.managedBy !== managedBy) expect(end.cluster).toEqual(cluster);
          if (stored !== undefined && stored.metadata.labels === undefined) expect(end.stored).toEqual(stored);
        }
      }
    }
  });
});

/** Does what is said until nothing is: each step as the cluster and the store would have it done. */
function play(place: Place): Place {
  for (let steps = 0, at = place; ; steps++) {
    if (steps > 10) throw new Error(`no end: ${JSON.stringify(place)}`);
    const step = nextStep(at);
    if (step.kind === 'rest') return at;
    at = after(step, at);
  }
}

function after(step: Exclude<Step, { kind: 'rest' }>, at: Place): Place {
  const { cluster, stored } = at;
  switch (step.kind) {
    case 'store':
      return { ...at, stored: root({ spec: { status: cluster!.spec.status } }) };
    case 'refuse':
      return { ...at, cluster: { ...cluster!, status: conditions('False') } };
    case 'follow':
      return { ...at, stored: { ...stored!, spec: { ...stored!.spec, status: cluster!.spec.status! } } };
    case 'write-status':
      return { ...at, cluster: { ...cluster!, status: stored!.status! } };
    case 'delete-stored':
      return { ...at, stored: { ...stored!, metadata: { ...stored!.metadata, ...going } } };
    case 'release':
      return { ...at, stored: undefined };
    case 'show':
      return { ...at, cluster: shown() };
    case 'delete-shown':
      return { ...at, cluster: undefined };
  }
}
