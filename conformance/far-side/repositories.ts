// The repositories that the example files clone, as far as they look into them: files of our own below the same names.

import { join } from 'node:path';
import type { GitServer } from '../../apps/resources/test/git-server.js';

const DOCKERFILE = 'FROM scratch\nCOPY Dockerfile /\n';

const FILES: Readonly<Record<string, Record<string, string>>> = {
  'GoogleContainerTools/skaffold': {
    'README.md': '# skaffold\n',
    'docs/README.md': '# documentation\n',
    'examples/getting-started/Dockerfile': DOCKERFILE,
    'examples/microservices/leeroy-app/Dockerfile': DOCKERFILE,
    'examples/microservices/leeroy-web/Dockerfile': DOCKERFILE,
  },
  'tektoncd/pipeline': { 'README.md': '# pipeline\n' },
  'kelseyhightower/nocode': { 'README.md': '# no code\n' },
  'bazelbuild/rules_docker': { WORKSPACE: '# workspace\n', BUILD: '# build\n', 'go/BUILD': '# build of go\n' },
  'knative/build': { 'README.md': '# build\n', 'cmd/main.go': 'package main\n\nfunc main() {}\n' },
  'tektoncd/catalog': { 'README.md': '# catalog\n', 'task/git-clone/0.10/git-clone.yaml': gitClone('0.10') },
};

/** Other names of the one commit: branches, tags and the head of a pull request. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  'GoogleContainerTools/skaffold': ['refs/heads/master', 'refs/tags/v0.32.0', 'refs/pull/2932/head'],
  'tektoncd/pipeline': ['refs/heads/master'],
  'kelseyhightower/nocode': ['refs/heads/master'],
  'bazelbuild/rules_docker': ['refs/heads/master', 'refs/tags/v0.4.0'],
  'knative/build': ['refs/heads/master'],
};

/** Makes them below `<server>/github.com/`. */
export function makeRepositories(server: GitServer): void {
  for (const [name, files] of Object.entries(FILES)) {
    server.commit(`github.com/${name}`, files, 'as the examples want it');
    const work = join(server.root, `github.com/${name}.work`);
    const bare = join(server.root, `github.com/${name}.git`);
    for (const ref of ALSO[name] ?? []) server.git(['push', '-q', bare, `HEAD:${ref}`], work);
  }
}

/** A task that clones: the params, the workspace and the result of the catalog's, and a script of our own. */
export function gitClone(version: string): string {
  return `
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: git-clone
  labels: { app.kubernetes.io/version: "${version}" }
spec:
  workspaces: [{ name: output }]
  params:
    - { name: url, type: string }
    - { name: revision, type: string, default: "" }
    - { name: subdirectory, type: string, default: "" }
    - { name: deleteExisting, type: string, default: "true" }
  results: [{ name: commit }, { name: url }]
  steps:
    - name: clone
      image: ghcr.io/tektoncd/github.com/tektoncd/pipeline/cmd/git-init:v0.40.2
      script: |
        #!/bin/sh
        set -eu
        checkout="$(workspaces.output.path)/$(params.subdirectory)"
        if [ "$(params.deleteExisting)" = true ] && [ -d "$checkout" ]; then
          find "$checkout" -mindepth 1 -delete
        fi
        /ko-app/git-init -url="$(params.url)" -revision="$(params.revision)" -path="$checkout"
        cd "$checkout"
        git rev-parse HEAD | tr -d '\\n' > "$(results.commit.path)"
        printf %s "$(params.url)" > "$(results.url.path)"
`;
}
