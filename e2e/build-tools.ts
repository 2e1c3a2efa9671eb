// What stands in for the tools of the templates under examples/build-templates: programs that say what they were asked
// for, and want to find what the real ones need.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Paths below the folder, and what each program does after it has said its name and arguments. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'bazel/bazel': 'test -f WORKSPACE',
  'buildah/buildah': 'case "$*" in *bud*) test -f Dockerfile; touch /var/lib/containers/built ;; *) test -e /var/lib/containers/built ;; esac',
  'buildkit/buildctl': 'test -f Dockerfile',
  'packs/builder': 'test -f "$PACK_APP_DIR/Dockerfile"; mkdir -p /cache/used; echo droplet > /out/droplet.tgz',
  'packs/exporter': 'test "$PACK_USE_HELPERS" = true; cat /in/droplet.tgz',
  'lifecycle/detector': 'test -f /workspace/Dockerfile; touch /layers/group.toml /layers/plan.toml',
  'lifecycle/restorer': 'ls /cache',
  'lifecycle/analyzer': 'test -e /layers/group.toml',
  'lifecycle/builder': 'echo layer > /layers/app',
  'lifecycle/exporter': 'test "$(cat /layers/app)" = layer',
  'lifecycle/cacher': 'cp /layers/app /cache/app',
  'gradle/gradle': 'test -f build.gradle; touch /cache/gradle/used "$XDG_CACHE_HOME/used"',
  'maven/mvn': 'test -f pom.xml; touch /cache/m2/used "$XDG_CACHE_HOME/used"',
  'kaniko/executor': 'test -f /workspace/Dockerfile; cat "$DOCKER_CONFIG/config.json"; echo',
  'makisu/makisu': 'test -f /workspace/Dockerfile; grep -q registry.example.com /registry-config/registry.yaml; test -d /makisu-storage',
}; // prettier-ignore

/** Writes the programs, and the images file that names them; its path. */
export function writeBuildTools(folder: string): string {
  for (const [path, body] of Object.entries(PROGRAMS)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\nset -e\necho "\${0##*/} $*"\n${body}\n`, { mode: 0o755 });
  }
  const at = (path: string): string => join(folder, path);
  const images = [
    { image: 'gcr.io/cloud-builders/bazel', path: at('bazel') },
    { image: 'quay.io/buildah/stable', path: at('buildah') },
    { image: 'moby/buildkit:*', path: at('buildkit') },
    { image: 'packs/cf:*', mounts: { '/packs': at('packs') } },
    { image: 'cloudfoundry/cnb:*', mounts: { '/lifecycle': at('lifecycle') } },
    { image: 'gradle:*', path: at('gradle') },
    { image: 'maven:*', path: at('maven') },
    { image: '*kaniko*/executor:*', mounts: { '/kaniko': at('kaniko') } },
    { image: '*/makisu:*', mounts: { '/makisu-internal': at('makisu') } },
  ];
  const file = join(folder, 'images.yaml');
  writeFileSync(file, JSON.stringify(images));
  return file;
}
