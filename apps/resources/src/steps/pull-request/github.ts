// A pull request over GitHub's REST API, that of github.com and of GitHub Enterprise.

import type { PullRequestAddress } from '../../core/pull-request-url.js';
import type {
  PullRequestHost,
  ScmBranch,
  ScmComment,
  ScmLabel,
  ScmPullRequest,
  ScmState,
  ScmStatus,
  ScmUser,
  WantedStatus,
} from '../../core/pull-request-shape.js';
import type { RestClient } from '../rest-client.js';

interface User {
  login?: string;
  avatar_url?: string;
  html_url?: string;
}
interface Repository {
  id: number;
  name: string;
  full_name: string;
  owner?: User;
  default_branch?: string;
  private?: boolean;
  clone_url?: string;
  ssh_url?: string;
  html_url?: string;
}
interface Branch {
  ref: string;
  sha: string;
  /** Null when the fork was deleted. */
  repo: Repository | null;
}
interface Pull {
  number: number;
  title: string;
  body: string | null;
  head: Branch;
  base: Branch;
  state: string;
  draft?: boolean;
  merged?: boolean;
  merge_commit_sha: string | null;
  diff_url?: string;
  user: User | null;
  assignees?: User[];
  created_at: string;
  updated_at: string;
}
interface Label {
  name: string;
  description: string | null;
  color: string;
}
interface Comment {
  id: number;
  body?: string;
  user: User | null;
  html_url: string;
  created_at: string;
  updated_at: string;
}
interface Status {
  state: string;
  context: string;
  description: string | null;
  target_url: string | null;
}

export const GITHUB_HEADERS = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' } as const;

/** GitHub knows four states. */
const SENT: Readonly<Record<string, string>> = { running: 'pending', canceled: 'error', unknown: 'error' };

export class GitHubPullRequest implements PullRequestHost {
  readonly #repository: string;
  readonly #number: number;

  constructor(
    private readonly client: RestClient,
    { repository, number }: PullRequestAddress,
  ) {
    this.#repository = `/repos/${repository.split('/').map(encodeURIComponent).join('/')}`;
    this.#number = number;
  }

  async pullRequest(): Promise<ScmPullRequest> {
    const pull = await this.client.json<Pull>('GET', `${this.#repository}/pulls/${this.#number}`);
    const { head, base } = pull;
    return {
      Number: pull.number,
      Title: pull.title,
      Body: pull.body ?? '',
      Labels: await this.labels(),
      Sha: head.sha,
      Ref: `refs/pull/${pull.number}/head`,
      Source: head.ref,
      Target: base.ref,
      Base: branch(base),
      Head: branch(head),
      Fork: head.repo?.full_name ?? '',
      Link: pull.diff_url ?? '',
      State: pull.state,
      Closed: pull.state !== 'open',
      Draft: pull.draft === true,
      Merged: pull.merged === true,
      MergeSha: pull.merge_commit_sha ?? '',
      Author: user(pull.user),
      Assignees: (pull.assignees ?? []).map(user),
      Created: pull.created_at,
      Updated: pull.updated_at,
    };
  }

  async labels(): Promise<ScmLabel[]> {
    const labels = await this.client.all<Label>(`${this.#issue()}/labels?per_page=100`);
    return labels.map(({ name, description, color }) => ({ Name: name, Description: description ?? '', Color: color }));
  }

  async comments(): Promise<ScmComment[]> {
    const comments = await this.client.all<Comment>(`${this.#issue()}/comments?per_page=100`);
    return comments.map((comment) => ({
      ID: comment.id,
      Body: comment.body ?? '',
      Author: user(comment.user),
      Link: comment.html_url,
      Created: comment.created_at,
      Updated: comment.updated_at,
    }));
  }

  async statuses(sha: string): Promise<ScmStatus[]> {
    const path = `${this.#repository}/commits/${encodeURIComponent(sha)}/status?per_page=100`;
    const statuses = await this.client.all(path, (page) => (page as { statuses: Status[] }).statuses);
    return statuses.map(({ state, context, description, target_url }) => ({
      State: state as ScmState,
      Label: context,
      Desc: description ?? '',
      Target: target_url ?? '',
    }));
  }

  async addLabel(name: string): Promise<void> {
    await this.client.json('POST', `${this.#issue()}/labels`, { labels: [name] });
  }

  async removeLabel(name: string): Promise<void> {
    await this.client.json('DELETE', `${this.#issue()}/labels/${encodeURIComponent(name)}`);
  }

  async addComment(body: string): Promise<void> {
    await this.client.json('POST', `${this.#issue()}/comments`, { body });
  }

  async removeComment(id: number): Promise<void> {
    await this.client.json('DELETE', `${this.#repository}/issues/comments/${id}`);
  }

  async setStatus(sha: string, { State, Label, Desc, Target }: WantedStatus): Promise<void> {
    const status = { state: SENT[State] ?? State, context: Label, description: Desc ?? '', target_url: Target ?? '' };
    await this.client.json('POST', `${this.#repository}/statuses/${encodeURIComponent(sha)}`, status);
  }

  /** Comments and labels are those of the issue that every pull request is. */
  #issue(): string {
    return `${this.#repository}/issues/${this.#number}`;
  }
}

function branch({ ref, sha, repo }: Branch): ScmBranch {
  return {
    Ref: ref,
    Sha: sha,
    Repo: {
      ID: String(repo?.id ?? ''),
      Namespace: repo?.owner?.login ?? '',
      Name: repo?.name ?? '',
      FullName: repo?.full_name ?? '',
      Branch: repo?.default_branch ?? '',
      Private: repo?.private === true,
      Clone: repo?.clone_url ?? '',
      CloneSSH: repo?.ssh_url ?? '',
      Link: repo?.html_url ?? '',
    },
  };
}

function user(from: User | null): ScmUser {
  return { Login: from?.login ?? '', Name: '', Avatar: from?.avatar_url ?? '', Link: from?.html_url ?? '' };
}
