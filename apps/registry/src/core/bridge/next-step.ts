// The decision: what is next for one name, given what the cluster has there and what is stored.
//
//   N1. Level-triggered: the answer depends on the two states, never on what happened. Doing it and asking again ends in
//       `rest`.
//   N2. A user's run and its stored one are the same only when the cluster's uid is; a name made anew is another run.
//   N3. What was once begun is not begun again: a run that has a status and is not stored is over.
//   N4. Of what is not managed here, nothing is stored and nothing changed.

import { isDone } from '@slipway/contracts';
import { sameJson } from '../storage/same-json.js';
import { clusterRunOf, isManagedHere, parentOf, shownUid, wishOf, type BridgedRun } from './bridged-run.js';

export interface Place {
  /** What the cluster has under the name, whoever made it. */
  cluster: BridgedRun | undefined;
  /** What is stored under the name. */
  stored: BridgedRun | undefined;
  /** The uid that the run which started the stored one has in the cluster; undefined while it is not there, or going. */
  parentUid: string | undefined;
  /** Whether the stored status is the last one that we wrote: a server may leave out of it what its schema does not know. */
  isTold: boolean;
}

export type Step =
  | { kind: 'rest' }
  /** Store the user's run, with the definitions that it refers to. */
  | { kind: 'store' }
  /** The user's run ends in the cluster, without one of ours. */
  | { kind: 'refuse'; reason: string; message: string }
  /** What the user asks of a run that goes on, to the stored one: to be cancelled, or to begin. */
  | { kind: 'follow' }
  | { kind: 'write-status' }
  /** The stored run and what it made. */
  | { kind: 'delete-stored' }
  /** A stored run that was deleted may go. */
  | { kind: 'release' }
  /** Create what shows a stored run. */
  | { kind: 'show' }
  /** Delete the cluster's object. */
  | { kind: 'delete-shown' };

const REST: Step = { kind: 'rest' };

/** What to do next under one name of pipelineruns or taskruns. */
export function nextStep({ cluster, stored, parentUid, isTold }: Place): Step {
  const ours = cluster !== undefined && isManagedHere(cluster) ? cluster : undefined; // N4
  const shown = ours !== undefined && shownUid(ours) !== undefined ? ours : undefined;
  const asked = shown === undefined ? ours : undefined;
  const from = stored === undefined ? undefined : clusterRunOf(stored);

  if (stored === undefined || from === undefined) {
    if (shown !== undefined) return remove(shown);
    if (asked === undefined || isDone(asked) || isGoing(asked)) return REST;
    if (stored !== undefined) return nameTaken(stored);
    if ((asked.status?.conditions ?? []).length === 0) return { kind: 'store' };
    const message = 'The run had begun, and Slipway does not have it any more. Create it again to run it again.';
    return { kind: 'refuse', reason: 'RunLost', message }; // N3
  }

  if (parentOf(stored) === undefined) {
    const isSame = asked !== undefined && asked.metadata.uid === from && !isGoing(asked); // N2
    if (!isSame) return { kind: isGoing(stored) ? 'release' : 'delete-stored' };
    if (isAskedOtherwise(asked, stored)) return { kind: 'follow' };
    if (isBehind(asked, stored, isTold)) return { kind: 'write-status' };
    return isGoing(stored) ? { kind: 'delete-shown' } : REST;
  }

  if (shown !== undefined && shownUid(shown) !== stored.metadata.uid) return remove(shown);
  if (shown !== undefined) {
    if (wishOf(shown).status !== '' && isAskedOtherwise(shown, stored)) return { kind: 'follow' };
    return isBehind(shown, stored, isTold) ? { kind: 'write-status' } : REST;
  }
  if (asked !== undefined && !isDone(asked) && !isGoing(asked)) return nameTaken(stored);
  return cluster === undefined && parentUid !== undefined && !isGoing(stored) ? { kind: 'show' } : REST;
}

function nameTaken({ kind, metadata }: BridgedRun): Step {
  const message = `Slipway has a ${kind} "${metadata.name}" of its own. Create the run under another name.`;
  return { kind: 'refuse', reason: 'NameTaken', message };
}

function remove(shown: BridgedRun): Step {
  return isGoing(shown) ? REST : { kind: 'delete-shown' };
}

function isGoing({ metadata }: BridgedRun): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** A run that is over takes no wishes, and one that is deleted neither. */
function isAskedOtherwise(asked: BridgedRun, stored: BridgedRun): boolean {
  if (isDone(stored) || isGoing(stored)) return false;
  return wishOf(asked).status !== wishOf(stored).status;
}

function isBehind(seen: BridgedRun, stored: BridgedRun, isTold: boolean): boolean {
  return stored.status !== undefined && !isTold && !sameJson(seen.status, stored.status);
}
