// A pull request as its files show it. Names and structure are those of Tekton's files, which scripts of 2020 read with
// jq; providers differ, so some of it is empty for one or the other.

export interface ScmUser {
  Login: string;
  Name: string;
  Avatar: string;
  Link: string;
}
export interface ScmRepository {
  ID: string;
  Namespace: string;
  Name: string;
  FullName: string;
  Branch: string;
  Private: boolean;
  Clone: string;
  CloneSSH: string;
  Link: string;
}
export interface ScmBranch {
  Ref: string;
  Sha: string;
  Repo: ScmRepository;
}
export interface ScmLabel {
  Name: string;
  Description: string;
  Color: string;
}
export interface ScmComment {
  ID: number;
  Body: string;
  Author: ScmUser;
  Link: string;
  Created: string;
  Updated: string;
}
export type ScmState = 'unknown' | 'pending' | 'running' | 'success' | 'failure' | 'canceled' | 'error';
export interface ScmStatus {
  State: ScmState;
  Label: string;
  Desc: string;
  Target: string;
}
export interface ScmPullRequest {
  Number: number;
  Title: string;
  Body: string;
  Labels: ScmLabel[];
  Sha: string;
  Ref: string;
  Source: string;
  Target: string;
  Base: ScmBranch;
  Head: ScmBranch;
  Fork: string;
  Link: string;
  State: string;
  Closed: boolean;
  Draft: boolean;
  Merged: boolean;
  MergeSha: string;
  Author: ScmUser;
  Assignees: ScmUser[];
  Created: string;
  Updated: string;
}

/** A new file of a task has as much of a status as its author wrote. */
export type WantedStatus = Pick<ScmStatus, 'State' | 'Label'> & Partial<ScmStatus>;

/** What of a pull request can be read and written, whoever serves it. */
export interface PullRequestHost {
  /** With its labels. */
  pullRequest(): Promise<ScmPullRequest>;
  labels(): Promise<ScmLabel[]>;
  comments(): Promise<ScmComment[]>;
  /** The newest of each label. */
  statuses(sha: string): Promise<ScmStatus[]>;
  addLabel(name: string): Promise<void>;
  removeLabel(name: string): Promise<void>;
  addComment(body: string): Promise<void>;
  removeComment(id: number): Promise<void>;
  setStatus(sha: string, status: WantedStatus): Promise<void>;
}

/** What a task left in the folder of an output. A part is undefined when it left no folder for it: then it stays as it is. */
export interface WantedPullRequest {
  labels: { wanted: string[]; known: string[] } | undefined;
  comments: { wanted: WantedComment[]; known: string[] } | undefined;
  statuses: WantedStatus[] | undefined;
  /** The commit that statuses are for; the head of the pull request where no file says it. */
  sha: string | undefined;
}
/** Without an id it is a new one. */
export interface WantedComment {
  id: number | undefined;
  body: string;
}
