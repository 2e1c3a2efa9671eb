// A merge request over GitLab's REST API, version 4.

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
  username?: string;
  name?: string;
  avatar_url?: string | null;
  web_url?: string;
}
interface Project {
  id: number;
  path: string;
  path_with_namespace: string;
  namespace?: { full_path?: string };
  default_branch?: string | null;
  visibility?: string;
  http_url_to_repo?: string;
  ssh_url_to_repo?: string;
  web_url?: string;
}
interface MergeRequest {
  iid: number;
  title: string;
  description: string | null;
  labels: string[];
  sha: string | null;
  diff_refs?: { base_sha?: string; head_sha?: string } | null;
  source_branch: string;
  target_branch: string;
  source_project_id: number | null;
  target_project_id: number;
  state: string;
  draft?: boolean;
  merge_commit_sha: string | null;
  web_url: string;
  author: User | null;
  assignees?: User[];
  created_at: string;
  updated_at: string;
}
interface Note {
  id: number;
  body: string;
  author: User | null;
  system?: boolean;
  created_at: string;
  updated_at: string;
}
interface Status {
  status: string;
  name: string;
  description: string | null;
  target_url: string | null;
}

const SHOWN: Readonly<Record<string, ScmState>> = {
  ...({ pending: 'pending', created: 'pending', manual: 'pending', running: 'running' } as const),
  ...({ success: 'success', failed: 'failure', canceled: 'canceled', skipped: 'success' } as const),
};
const SENT: Readonly<Record<string, string>> = { failure: 'failed', error: 'failed', unknown: 'failed' };

export class GitLabMergeRequest implements PullRequestHost {
  readonly #project: string;
  readonly #number: number;

  constructor(
    private readonly client: RestClient,
    { repository, number }: PullRequestAddress,
  ) {
    this.#project = `/projects/${encodeURIComponent(repository)}`;
    this.#number = number;
  }

  async pullRequest(): Promise<ScmPullRequest> {
    const merge = await this.#find();
    const { source_project_id: source, target_project_id: target } = merge;
    const base = await this.client.json<Project>('GET', `/projects/${target}`);
    const head =
      source === target || source === null ? base : await this.client.json<Project>('GET', `/projects/${source}`);
    const sha = merge.diff_refs?.head_sha ?? merge.sha ?? '';
    return {
      Number: merge.iid,
      Title: merge.title,
      Body: merge.description ?? '',
      Labels: merge.labels.map(label),
      Sha: sha,
      Ref: `refs/merge-requests/${merge.iid}/head`,
      Source: merge.source_branch,
      Target: merge.target_branch,
      Base: branch(merge.target_branch, merge.diff_refs?.base_sha ?? '', base),
      Head: branch(merge.source_branch, sha, head),
      Fork: head.path_with_namespace,
      Link: `${merge.web_url}.diff`,
      State: merge.state === 'opened' ? 'open' : merge.state,
      Closed: merge.state !== 'opened',
      Draft: merge.draft === true,
      Merged: merge.state === 'merged',
      MergeSha: merge.merge_commit_sha ?? '',
      Author: user(merge.author),
      Assignees: (merge.assignees ?? []).map(user),
      Created: merge.created_at,
      Updated: merge.updated_at,
    };
  }

  async labels(): Promise<ScmLabel[]> {
    return (await this.#find()).labels.map(label);
  }

  /** Without the notes that GitLab itself writes: nobody can remove them. */
  async comments(): Promise<ScmComment[]> {
    const notes = await this.client.all<Note>(`${this.#merge()}/notes?per_page=100&sort=asc`);
    return notes
      .filter(({ system }) => system !== true)
      .map(({ id, body, author, created_at, updated_at }) => ({
        ID: id,
        Body: body,
        Author: user(author),
        Link: '',
        Created: created_at,
        Updated: updated_at,
      }));
  }

  async statuses(sha: string): Promise<ScmStatus[]> {
    const path = `${this.#project}/repository/commits/${encodeURIComponent(sha)}/statuses?per_page=100`;
    const statuses = await this.client.all<Status>(path);
    return statuses.map(({ status, name, description, target_url }) => ({
      State: SHOWN[status] ?? 'unknown',
      Label: name,
      Desc: description ?? '',
      Target: target_url ?? '',
    }));
  }

  async addLabel(name: string): Promise<void> {
    await this.client.json('PUT', this.#merge(), { add_labels: name });
  }

  async removeLabel(name: string): Promise<void> {
    await this.client.json('PUT', this.#merge(), { remove_labels: name });
  }

  async addComment(body: string): Promise<void> {
    await this.client.json('POST', `${this.#merge()}/notes`, { body });
  }

  async removeComment(id: number): Promise<void> {
    await this.client.json('DELETE', `${this.#merge()}/notes/${id}`);
  }

  async setStatus(sha: string, { State, Label, Desc, Target }: WantedStatus): Promise<void> {
    const status = { state: SENT[State] ?? State, name: Label, description: Desc ?? '', target_url: Target ?? '' };
    await this.client.json('POST', `${this.#project}/statuses/${encodeURIComponent(sha)}`, status);
  }

  #find(): Promise<MergeRequest> {
    return this.client.json<MergeRequest>('GET', this.#merge());
  }

  #merge(): string {
    return `${this.#project}/merge_requests/${this.#number}`;
  }
}

function label(name: string): ScmLabel {
  return { Name: name, Description: '', Color: '' };
}

function branch(ref: string, sha: string, project: Project): ScmBranch {
  return {
    Ref: ref,
    Sha: sha,
    Repo: {
      ID: String(project.id),
      Namespace: project.namespace?.full_path ?? '',
      Name: project.path,
      FullName: project.path_with_namespace,
      Branch: project.default_branch ?? '',
      Private: project.visibility === 'private',
      Clone: project.http_url_to_repo ?? '',
      CloneSSH: project.ssh_url_to_repo ?? '',
      Link: project.web_url ?? '',
    },
  };
}

function user(from: User | null): ScmUser {
  const { username = '', name = '', avatar_url, web_url = '' } = from ?? {};
  return { Login: username, Name: name, Avatar: avatar_url ?? '', Link: web_url };
}
