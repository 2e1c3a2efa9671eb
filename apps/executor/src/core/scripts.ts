// Scripts: text of a step or sidecar that becomes an executable file in its container.
//
// Small scripts travel as annotations of the pod, which a downward API volume turns into files: no container has to run
// first. What is too large for annotations is written by the pod's init container, as Tekton does it for every script.

import { ANNOTATIONS, POD_PATHS, type Volume, type VolumeMount } from '@slipway/contracts';

/** Kubernetes refuses more than 256 KiB of annotations; users' own need room. */
const ANNOTATIONS_MAX_BYTES = 200 * 1024;
const VOLUME = 'tekton-internal-scripts';
const PREAMBLE = '#!/bin/sh\nset -e\n';
const EXECUTABLE = 0o755;
/** An argument of a process may have 128 KiB. A multiple of four: base64 is cut between groups. */
const PIECE_LENGTH = 96 * 1024;

export const SCRIPTS_MOUNT: VolumeMount = { name: VOLUME, mountPath: POD_PATHS.scripts, readOnly: true };

export interface Script {
  of: 'step' | 'sidecar';
  index: number;
  text: string;
}

export interface PlacedScripts {
  annotations: Record<string, string>;
  volumes: Volume[];
  /** For the entrypoint that prepares the pod: files to be written, in `SCRIPTS_MOUNT` made writable. */
  initArgs: string[];
}

/** The script as it is run: with a shebang, its own or `#!/bin/sh` and `set -e`. */
export function runnableScript(text: string): string {
  const trimmed = text.trimStart();
  return trimmed.startsWith('#!') ? trimmed : PREAMBLE + text;
}

/** Path of the file that the script becomes. */
export function scriptPath(script: Pick<Script, 'of' | 'index'>): string {
  return `${POD_PATHS.scripts}/${fileName(script)}`;
}

/** What the pod needs so that every script is a file. */
export function placeScripts(scripts: readonly Script[]): PlacedScripts {
  if (scripts.length === 0) return { annotations: {}, volumes: [], initArgs: [] };
  const bytes = scripts.reduce((sum, { text }) => sum + new TextEncoder().encode(text).length, 0);
  if (bytes <= ANNOTATIONS_MAX_BYTES) return asAnnotations(scripts);
  const initArgs = scripts.flatMap((script) => ['-script', scriptPath(script), ...piecesOf(base64(script.text))]);
  return { annotations: {}, volumes: [{ name: VOLUME, emptyDir: {} }], initArgs };
}

function asAnnotations(scripts: readonly Script[]): PlacedScripts {
  const items = scripts.map((script) => ({
    path: fileName(script),
    fieldRef: { fieldPath: `metadata.annotations['${annotation(script)}']` },
    mode: EXECUTABLE,
  }));
  return {
    annotations: Object.fromEntries(scripts.map((script) => [annotation(script), script.text])),
    volumes: [{ name: VOLUME, downwardAPI: { items, defaultMode: EXECUTABLE } }],
    initArgs: [],
  };
}

function piecesOf(text: string): string[] {
  const count = Math.ceil(text.length / PIECE_LENGTH);
  return Array.from({ length: count }, (_, i) => text.slice(i * PIECE_LENGTH, (i + 1) * PIECE_LENGTH));
}

function annotation({ of, index }: Pick<Script, 'of' | 'index'>): string {
  return of === 'step' ? ANNOTATIONS.script(index) : ANNOTATIONS.sidecarScript(index);
}

function fileName({ of, index }: Pick<Script, 'of' | 'index'>): string {
  return of === 'step' ? `script-${index}` : `sidecar-script-${index}`;
}

function base64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}
