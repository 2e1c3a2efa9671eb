// A process runtime over a temporary folder, and pods for it in one line.

import type {
  ConfigMap,
  Container,
  LogLine,
  PersistentVolumeClaim,
  Pod,
  PodSpec,
  PodStatus,
  Secret,
} from '@slipway/contracts';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { PodRuntime } from '../../src/core/runtime.js';
import { processRuntime } from '../../src/io/process-runtime/index.js';

const ENTRYPOINT_PACKAGE = resolve(import.meta.dirname, '../../../../packages/entrypoint');
export const BIN_DIR = join(ENTRYPOINT_PACKAGE, 'build');

/** Builds the C programs when their source is newer. */
export function buildPrograms(target = 'all'): void {
  execFileSync('make', ['-s', '-C', ENTRYPOINT_PACKAGE, target], { stdio: 'inherit' });
}

export interface Objects {
  secrets?: Record<string, Partial<Secret>>;
  configMaps?: Record<string, Partial<ConfigMap>>;
  claims?: Record<string, Partial<PersistentVolumeClaim>>;
}

export class Node {
  readonly stateDir = mkdtempSync(join(tmpdir(), 'slipway-node-'));
  readonly objects: Required<Objects> = { secrets: {}, configMaps: {}, claims: {} };
  readonly #runtimes: PodRuntime[] = [];

  /** A runtime over the node's state; the ones before stay as they are, as after a crash. */
  async open(options: { graceMs?: number; imagesFile?: string; binDir?: string } = {}): Promise<PodRuntime> {
    const meta = (name: string, uid = `uid-of-${name}`): { name: string; uid: string } => ({ name, uid });
    const runtime = await processRuntime({
      stateDir: this.stateDir,
      binDir: options.binDir ?? BIN_DIR,
      graceMs: options.graceMs ?? 60_000,
      ...(options.imagesFile === undefined ? {} : { imagesFile: options.imagesFile }),
      logger: { info: () => undefined, warn: () => undefined },
      objects: {
        secret: (_namespace, name) => Promise.resolve(known('Secret', name, this.objects.secrets[name])),
        configMap: (_namespace, name) => Promise.resolve(known('ConfigMap', name, this.objects.configMaps[name])),
        persistentVolumeClaim: (_namespace, name) =>
          Promise.resolve(known('PersistentVolumeClaim', name, this.objects.claims[name])),
      },
    });
    this.#runtimes.push(runtime);
    return runtime;

    function known<T extends object>(kind: string, name: string, object: T | undefined): never {
      return (object && { apiVersion: 'v1', kind, metadata: meta(name), spec: {}, ...object }) as never;
    }
  }

  /** Ends every pod and removes everything. */
  async remove(): Promise<void> {
    for (const runtime of this.#runtimes) await runtime.close();
    const last = await this.open();
    await Promise.all((await last.pods()).map((uid) => last.delete(uid, 0)));
    await last.close();
    rmSync(this.stateDir, { recursive: true, force: true });
  }
}

/** pod({ containers: [sh('a', 'echo hi')] }) with a uid of its own. */
export function pod(spec: Partial<PodSpec>, metadata: Partial<Pod['metadata']> = {}): Pod {
  const uid = randomUUID();
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${uid.slice(0, 8)}`, namespace: 'default', uid, ...metadata },
    spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [], ...spec },
  };
}

export function sh(name: string, script: string, more: Partial<Container> = {}): Container {
  return { name, image: 'debian', command: ['sh', '-c', script], ...more };
}

/** A container that waits as a step does. */
export function step(name: string, index: number, script: string, more: Partial<Container> = {}): Container {
  const wait = index === 0 ? [] : ['-wait_file', `/tekton/run/${index - 1}/out`];
  return {
    name,
    image: 'debian',
    command: ['/tekton/bin/entrypoint'],
    args: [
      ...wait,
      ...['-post_file', `/tekton/run/${index}/out`, '-step_metadata_dir', `/tekton/run/${index}/status`],
      ...['-termination_path', '/tekton/termination', '-entrypoint', 'sh', '--', '-c', script],
    ],
    terminationMessagePath: '/tekton/termination',
    ...more,
  };
}

/** A pod of steps in order, with the volumes that steps have. */
export function steps(...scripts: string[]): Pod {
  const runs = scripts.map((_, i) => `run-${i}`);
  return pod({
    containers: scripts.map((script, i) =>
      step(`step-${i}`, i, script, {
        volumeMounts: [
          { name: 'bin', mountPath: '/tekton/bin', readOnly: true },
          ...runs.map((name, j) => ({ name, mountPath: `/tekton/run/${j}`, readOnly: j !== i })),
          { name: 'workspace', mountPath: '/workspace' },
        ],
      }),
    ),
    volumes: [
      { name: 'bin', hostPath: { path: BIN_DIR } },
      ...runs.map((name) => ({ name, emptyDir: {} })),
      { name: 'workspace', emptyDir: {} },
    ],
  });
}

/** Resolves with the status once it is as wanted; rejects with the last one after the deadline. */
export async function until(
  runtime: PodRuntime,
  of: Pod,
  wanted: (status: PodStatus) => boolean,
  deadlineMs = 15_000,
): Promise<PodStatus> {
  const uid = of.metadata.uid!;
  const end = Date.now() + deadlineMs;
  for (;;) {
    const changed = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 250);
      runtime.onChange((other) => {
        if (other !== uid) return;
        clearTimeout(timer);
        resolve();
      });
    });
    const status = await runtime.status(uid);
    if (status !== undefined && wanted(status)) return status;
    if (Date.now() > end) throw new Error(`not as wanted: ${JSON.stringify(status, null, 1)}`);
    await changed;
  }
}

export const isDone = ({ phase }: PodStatus): boolean => phase === 'Succeeded' || phase === 'Failed';

/** Starts the pod and waits for its end. */
export async function run(runtime: PodRuntime, of: Pod, deadlineMs?: number): Promise<PodStatus> {
  await runtime.start(of);
  return until(runtime, of, isDone, deadlineMs);
}

export async function logOf(runtime: PodRuntime, of: Pod, container: string, from = 0): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const batch of runtime.readLog(of.metadata.uid!, container, from, new AbortController().signal)) {
    lines.push(...batch);
  }
  return lines;
}

export async function textOf(runtime: PodRuntime, of: Pod, container: string): Promise<string> {
  return (await logOf(runtime, of, container)).map(({ text }) => text).join('\n');
}

export function exitCodes(status: PodStatus): (number | undefined)[] {
  return (status.containerStatuses ?? []).map(({ state }) => state.terminated?.exitCode);
}

/** Command lines of this machine's processes that contain the text, by process id. */
export function processesWith(text: string): { pid: number; cmdline: string }[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const cmdline = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return cmdline.includes(text) ? [{ pid: Number(name), cmdline }] : [];
    } catch {
      return []; // gone meanwhile
    }
  });
}

/** The process that holds the lock of the pod's folder. */
export function supervisorOf(of: Pod, node: Node): number {
  return Number(readFileSync(join(node.stateDir, 'pods', of.metadata.uid!, 'lock'), 'utf8'));
}

/** Waits for something that nothing tells about. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string,
  deadlineMs = 10_000,
): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
