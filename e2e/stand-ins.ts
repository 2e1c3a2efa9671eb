// What stands in for images that a test machine has not: one program each, in a folder of its own.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StandIn } from '../conformance/far-side/stand-ins.js';

/** Writes the programs below `folder`. */
export function standIns(folder: string): StandIn[] {
  const kaniko = program(folder, 'kaniko/executor', KANIKO);
  const maven = program(folder, 'mvn/mvn', 'echo "mvn $*"; test -e source/pom.xml && echo "BUILD SUCCESS"');
  const go = program(folder, 'go/go', 'echo "go $* in $(pwd)"; ls *.go && echo "ok  	tekton-example	0.001s"');
  return [
    { image: '*kaniko*/executor:*', mounts: { '/kaniko': kaniko } },
    { image: 'maven:*', path: maven },
    { image: 'golang:*', path: go },
  ];
}

/** Says what it was asked for, wants the Dockerfile to be there, and leaves an OCI layout as kaniko does. */
const KANIKO = `
for arg; do
  echo "kaniko $arg"
  case $arg in
    --oci-layout-path=*) layout=\${arg#*=} ;;
    --context=*) context=\${arg#*=} ;;
    --dockerfile=*) dockerfile=\${arg#*=} ;;
  esac
done
test -f "$context/$dockerfile" || { echo "no $context/$dockerfile"; exit 1; }
if [ -n "$layout" ]; then
  mkdir -p "$layout"
  printf '{"manifests":[{"digest":"sha256:%s"}]}' "$(sha256sum < "$context/$dockerfile" | cut -c1-64)" > "$layout/index.json"
fi`;

/** An executable of the body; the folder that it is in. */
function program(folder: string, path: string, body: string): string {
  const file = join(folder, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${body.trim()}\n`, { mode: 0o755 });
  return join(file, '..');
}
