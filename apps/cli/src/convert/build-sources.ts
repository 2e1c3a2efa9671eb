// Sources of a Build as steps: what a task does itself, since v1 has no sources.

import { BUILD_PATHS, type BuildSource } from '@slipway/contracts';
import { CannotConvert } from './files.js';
import { entry, item, mapOf, treeOf } from './new-tree.js';
import { mapAt, put, type MapTree, type SeqEntry } from './tree.js';

const GIT_IMAGE = 'docker.io/alpine/git:2.49.1';
const GCS_IMAGE = 'gcr.io/google.com/cloudsdktool/google-cloud-cli:slim';

/** Fetches one revision of any kind. Values come as variables: a URL is never part of the script. */
const GIT_SCRIPT = `#!/bin/sh
set -eu
mkdir -p "$TARGET"
cd "$TARGET"
git config --global --add safe.directory "$TARGET"
git init -q .
git remote add origin "$URL"
if git fetch -q --depth=1 origin "$REVISION"; then
  git checkout -q FETCH_HEAD
else
  git fetch -q --tags origin '+refs/heads/*:refs/remotes/origin/*'
  git checkout -q "$REVISION"
fi
git submodule update -q --init --recursive --depth=1
`;

const GCS_SCRIPT = `#!/bin/sh
set -eu
mkdir -p "$TARGET"
gcloud storage cp "$LOCATION" /tmp/source
case "$LOCATION" in
  *.zip) python3 -m zipfile -e /tmp/source "$TARGET" ;;
  *) tar -xf /tmp/source -C "$TARGET" ;;
esac
rm /tmp/source
`;

/** A step that fetches from git into a directory. */
export function gitStep(name: string, url: string, revision: string, target: string): unknown {
  return fetching(name, GIT_IMAGE, { URL: url, REVISION: revision, TARGET: target }, GIT_SCRIPT);
}

/** The steps that fetch, git and gcs first and custom ones after them, as in a Build. */
export function sourceSteps(sources: readonly BuildSource[], trees: readonly MapTree[]): SeqEntry[] {
  const fetched: SeqEntry[] = [];
  const custom: SeqEntry[] = [];
  sources.forEach((source, index) => {
    const name = source.name === undefined || source.name === '' ? String(index) : source.name;
    const target = [BUILD_PATHS.workspace, source.targetPath].filter(Boolean).join('/');
    const offset = trees[index]?.offset ?? 0;
    if (source.git !== undefined) {
      const { url, revision } = source.git;
      fetched.push(item(treeOf(gitStep(`git-source-${name}`, url, revision, target))));
    } else if (source.gcs !== undefined) {
      if (source.gcs.type === 'Manifest') {
        throw new CannotConvert(
          'a source of type Manifest names files one by one, which no step of a common image can fetch',
          'Store the files as an archive, or fetch them in a step of your own.',
          offset,
        );
      }
      const env = { LOCATION: source.gcs.location ?? '', TARGET: target };
      fetched.push(item(treeOf(fetching(`gcs-source-${name}`, GCS_IMAGE, env, GCS_SCRIPT))));
    } else if (source.custom !== undefined) {
      const own = source.name === undefined || source.name === '' ? 'custom-source' : `custom-source-${source.name}`;
      const container = mapAt(trees[index], 'custom') ?? mapOf();
      put(container, [entry('name', own)], 0);
      custom.push(item(container));
    }
  });
  return [...fetched, ...custom];
}

function fetching(name: string, image: string, env: Record<string, string>, script: string): unknown {
  return { name, image, env: Object.entries(env).map(([key, value]) => ({ name: key, value })), script };
}
