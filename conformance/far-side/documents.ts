// Documents that are fetched by http: files of a repository as they are, and a package of Artifact Hub.

import { createServer, type Server } from 'node:http';
import { gitClone } from './repositories.js';

const ANSWERS: Readonly<Record<string, () => string>> = {
  '/raw.githubusercontent.com/tektoncd/catalog/main/task/git-clone/0.10/git-clone.yaml': () => gitClone('0.10'),
  '/artifacthub.io/api/v1/packages/tekton-task/tekton-catalog-tasks/git-clone/0.6.0': () =>
    JSON.stringify({ name: 'git-clone', version: '0.6.0', data: { manifestRaw: gitClone('0.6') } }),
};

/** Hosts that it answers for, each below a path of its name. */
export const DOCUMENT_HOSTS = ['raw.githubusercontent.com', 'artifacthub.io'];

export function makeDocuments(): Server {
  return createServer((request, response) => {
    const answer = ANSWERS[new URL(request.url ?? '/', 'http://documents').pathname];
    response.writeHead(answer === undefined ? 404 : 200).end(answer?.());
  });
}
