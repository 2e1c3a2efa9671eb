// The decision: what to write back of a pull request.
//
//   W1. What was not there when the task began, and came from somebody else meanwhile, is left alone: only what the
//       manifest of the input knows can be removed.
//   W2. What is as it is wanted is not written: a task that changes nothing needs no permission to write.

import type { ScmComment, ScmLabel, ScmStatus, WantedPullRequest, WantedStatus } from './pull-request-shape.js';

export interface CurrentPullRequest {
  labels: readonly Pick<ScmLabel, 'Name'>[];
  comments: readonly Pick<ScmComment, 'ID'>[];
  statuses: readonly Pick<ScmStatus, 'Label' | 'State'>[];
}

export type Change =
  | { kind: 'add-label' | 'remove-label'; name: string }
  | { kind: 'add-comment'; body: string }
  | { kind: 'remove-comment'; id: number }
  | { kind: 'set-status'; status: WantedStatus };

/** Labels first, then statuses, then comments, as Tekton writes them. */
export function changesOf(wanted: WantedPullRequest, current: CurrentPullRequest): Change[] {
  return [...labelChanges(wanted, current), ...statusChanges(wanted, current), ...commentChanges(wanted, current)];
}

function labelChanges({ labels }: WantedPullRequest, current: CurrentPullRequest): Change[] {
  if (labels === undefined) return [];
  const wanted = new Set(labels.wanted);
  const known = new Set(labels.known);
  const has = new Set(current.labels.map(({ Name }) => Name));
  return [
    ...[...wanted].filter((name) => !has.has(name)).map((name): Change => ({ kind: 'add-label', name })),
    ...[...has]
      .filter((name) => !wanted.has(name) && known.has(name)) // W1
      .map((name): Change => ({ kind: 'remove-label', name })),
  ];
}

function statusChanges({ statuses }: WantedPullRequest, current: CurrentPullRequest): Change[] {
  const has = new Map(current.statuses.map(({ Label, State }) => [Label, State]));
  return (statuses ?? [])
    .filter(({ Label, State }) => has.get(Label) !== State) // W2
    .map((status): Change => ({ kind: 'set-status', status }));
}

function commentChanges({ comments }: WantedPullRequest, current: CurrentPullRequest): Change[] {
  if (comments === undefined) return [];
  const kept = new Set(comments.wanted.map(({ id }) => id));
  const known = new Set(comments.known);
  return [
    ...current.comments
      .filter(({ ID }) => !kept.has(ID) && known.has(String(ID))) // W1
      .map(({ ID }): Change => ({ kind: 'remove-comment', id: ID })),
    ...comments.wanted.filter(({ id }) => id === undefined).map(({ body }): Change => ({ kind: 'add-comment', body })),
  ];
}
