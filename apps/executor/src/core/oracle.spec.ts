// Our pods against those that a real Tekton v1.15 made of the same TaskRuns.

import {
  POD_PATHS,
  type Pod,
  type ResourcePlan,
  type TaskRun,
  type TaskRunSpec,
  type TaskSpec,
  type Volume,
} from '@slipway/contracts';
import { oracleFiles } from '@slipway/testing/shared-data';
import { buildPod } from './build-pod.js';
import { applyVariables } from './variables.js';
import { applyWorkspaces, claimNameOf, workspaceVolumes } from './workspaces.js';

interface SeenContainer {
  name: string;
  command: string[] | null;
  args: string[] | null;
  workingDir: string | null;
  env: string[];
  volumeMounts: string[];
}
interface SeenPod {
  name: string;
  labels: Record<string, string>;
  containers: SeenContainer[] | null;
  volumes: string[];
}
interface SeenRun {
  name: string;
  labels: Record<string, string>;
  spec: TaskRunSpec;
  podName?: string;
  taskSpec?: TaskSpec;
}
interface Seen {
  pods: SeenPod[];
  taskRuns: SeenRun[];
}

/** What we do otherwise on purpose, and how the recorded pod is read so that the rest compares. */
const DIFFERENCES: readonly { why: string; adapt: (pod: SeenPod, ours: SeenPod) => SeenPod }[] = [
  {
    why: 'Nothing is mounted that the node did not need before: a service account token is given to no step.',
    adapt: withoutMount('kube-api-access'),
  },
  {
    why: 'A sidecar without a name is told from other such, and shows in the status of the run.',
    adapt: (pod) => mapContainers(pod, (c) => (c.name === 'sidecar' ? { ...c, name: 'sidecar-unnamed-0' } : c)),
  },
  {
    why: 'Results that do not fit the termination message go by the log, with no sidecar and no flag.',
    adapt: (pod) => withoutArgument('-result_from')(withoutContainer('sidecar-tekton-log-results')(pod)),
  },
  {
    why: 'Only the first step of a pod with sidecars waits for the pod: in every other one nothing is to be waited for.',
    adapt: (pod) => (pod.containers?.some(({ name }) => /^sidecar/.test(name)) ? pod : withoutReadyGate(pod)),
  },
  {
    why: 'A directory for credentials is mounted only where there are credentials.',
    adapt: (pod) =>
      pod.volumes.some((volume) => /^tekton-creds-(?!init)/.test(volume))
        ? pod
        : withoutMount('tekton-creds-init-')(pod),
  },
  {
    why: 'Empty folders, and what other steps post, are mounted only into steps that look at them.',
    adapt: withoutIdleMounts,
  },
  {
    why: 'What an image runs is looked up before the pod is built, not by the entrypoint.',
    adapt: (pod) =>
      mapContainers(pod, (c) => ({ ...c, env: c.env.filter((name) => name !== 'TEKTON_PLATFORM_COMMANDS') })),
  },
];

describe('buildPod', () => {
  const cases = oracleFiles().flatMap(([name, content]) => {
    const { pods, taskRuns } = content as Seen;
    return taskRuns.flatMap((run) => {
      const pod = pods.find((one) => one.name === run.podName);
      return pod?.containers && run.taskSpec !== undefined ? [[`${name} ${run.name}`, run, pod] as const] : [];
    });
  });

  if (cases.length === 0) it.skip('makes pods as Tekton does', () => {});
  for (const [title, run, seen] of cases) {
    it(`makes the pod of ${title} as Tekton does`, () => {
      const ours = summaryOf(podOf(run, seen));
      const expected = DIFFERENCES.reduce((pod, { adapt }) => adapt(pod, ours), seen);
      expect(comparable(ours)).toEqual(comparable(expected));
    });
  }
});

function podOf(run: SeenRun, seen: SeenPod): Pod {
  const uid = seen.labels['tekton.dev/taskRunUID'] ?? 'uid';
  const metadata = { name: run.name, namespace: 'NAMESPACE', uid, labels: run.labels };
  const taskRun: TaskRun = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata, spec: run.spec };
  const bindings = run.spec.workspaces ?? [];
  const claims = new Map(
    bindings.filter((b) => b.volumeClaimTemplate !== undefined).map((b) => [b.name, claimNameOf(b, uid)]),
  );
  const volumes = workspaceVolumes(bindings, claims);
  const given = run.spec.taskSpec;
  const source = given === undefined || given.steps?.some(({ ref }) => ref !== undefined) ? run.taskSpec! : given;
  const spec = applyVariables(source, {
    taskRun,
    taskName: run.name,
    workspaceVolumes: new Map([...volumes].map(([name, volume]) => [name, volume.name])),
    bindings,
    resources: {},
  });
  return buildPod({
    taskRun,
    spec: applyWorkspaces(spec, bindings, volumes),
    attempt: 0,
    plan: credentialsOf(seen),
    delivery: { kind: 'host', path: '/bin-dir' },
    timeout: run.spec.timeout ?? '1h0m0s',
    commandOf: (_, args) => ['IMAGE', ...args],
  });
}

/** Credentials are another service's answer: taken from the recording. */
function credentialsOf(seen: SeenPod): ResourcePlan {
  const args = seen.containers?.[0]?.args ?? [];
  const mounts = seen.containers?.[0]?.volumeMounts.filter((mount) => /^tekton-creds-(?!init)/.test(mount)) ?? [];
  const parsed = mounts.map((mount) => mount.split(':') as [string, string]);
  return {
    before: [],
    after: [],
    volumes: [],
    cloudEventTargets: [],
    replacements: {},
    credentials: {
      entrypointArgs: args.filter((arg) => /^-(basic-git|ssh-git|basic-docker|docker-config|docker-cfg)=/.test(arg)),
      volumes: parsed.map(([name]): Volume => ({ name, secret: { secretName: name } })),
      volumeMounts: parsed.map(([name, mountPath]) => ({ name, mountPath, readOnly: true })),
      env: [],
    },
  };
}

function summaryOf(pod: Pod): SeenPod {
  return {
    name: pod.metadata.name,
    labels: pod.metadata.labels ?? {},
    containers: pod.spec.containers.map((container) => ({
      name: container.name,
      command: container.command ?? null,
      args: container.args ?? null,
      workingDir: container.workingDir ?? null,
      env: (container.env ?? []).map(({ name }) => name),
      volumeMounts: (container.volumeMounts ?? []).map(
        ({ name, mountPath, subPath, readOnly }) =>
          `${name}:${mountPath}${subPath === undefined ? '' : `@${subPath}`}${readOnly === true ? ':ro' : ''}`,
      ),
    })),
    volumes: (pod.spec.volumes ?? []).map(
      ({ name, ...source }) => `${name}:${Object.keys(source).find((key) => key !== 'name') ?? ''}`,
    ),
  };
}

/** Random parts of names, and what only the node differs in, made equal. */
function comparable(pod: SeenPod): unknown {
  const names = new Map<string, string>();
  const plain = (text: string): string =>
    text
      .replace(/script-(\d+)-[a-z0-9]{5}\b/g, 'script-$1')
      .replace(
        /\bws-[0-9a-f]{5}\b/g,
        (name) => names.get(name) ?? (names.set(name, `ws-${names.size}`), names.get(name)!),
      )
      .replace(/^(tekton-creds-[0-9a-f]+:[^:]*):ro$/, '$1')
      .replace(/^tekton-internal-(bin|scripts):(hostPath|emptyDir|downwardAPI)$/, 'tekton-internal-$1');
  return {
    name: pod.name,
    labels: pod.labels,
    containers: pod.containers?.map((container) => ({
      name: container.name,
      command: container.command?.map(plain) ?? null,
      args: container.args == null ? null : withoutImageCommand(container.args).map(plain),
      workingDir: container.workingDir ?? null,
      env: container.env,
      volumeMounts: container.volumeMounts.map(plain),
    })),
    volumes: pod.volumes.map(plain).sort(),
  };
}

function withoutImageCommand(args: string[]): string[] {
  const at = args.findIndex((arg, i) => arg === '-entrypoint' && args[i + 1] === 'IMAGE');
  return at < 0 ? args : [...args.slice(0, at), ...args.slice(at + 2)];
}

function mapContainers(pod: SeenPod, change: (container: SeenContainer) => SeenContainer): SeenPod {
  return { ...pod, containers: pod.containers?.map(change) ?? null };
}

function withoutMount(prefix: string): (pod: SeenPod) => SeenPod {
  const others = (list: string[]): string[] => list.filter((entry) => !entry.startsWith(prefix));
  return (pod) => ({
    ...mapContainers(pod, (c) => ({ ...c, volumeMounts: others(c.volumeMounts) })),
    volumes: others(pod.volumes),
  });
}

/** Which step has which of them is said in `build-pod.spec.ts`: here, that ours are among Tekton's. */
function withoutIdleMounts(pod: SeenPod, ours: SeenPod): SeenPod {
  const isIdle = (entry: string): boolean =>
    /^tekton-internal-(steps|artifacts):/.test(entry) || /^tekton-internal-run-.*:ro$/.test(entry);
  const kept = (list: string[], own: string[] = []): string[] =>
    list.filter((entry) => !isIdle(entry) || own.includes(entry));
  const mountsOf = (name: string): string[] | undefined =>
    ours.containers?.find((container) => container.name === name)?.volumeMounts;
  return {
    ...mapContainers(pod, (c) => ({ ...c, volumeMounts: kept(c.volumeMounts, mountsOf(c.name)) })),
    volumes: kept(pod.volumes, ours.volumes),
  };
}

function withoutContainer(name: string): (pod: SeenPod) => SeenPod {
  return (pod) => ({ ...pod, containers: pod.containers?.filter((container) => container.name !== name) ?? null });
}

function withoutArgument(flag: string): (pod: SeenPod) => SeenPod {
  return (pod) =>
    mapContainers(pod, (container) => {
      const at = container.args?.indexOf(flag) ?? -1;
      return at < 0 ? container : { ...container, args: container.args!.filter((_, i) => i !== at && i !== at + 1) };
    });
}

function withoutReadyGate(pod: SeenPod): SeenPod {
  const first = mapContainers(pod, (container) =>
    container.args?.[1] === POD_PATHS.ready ? { ...container, args: container.args.slice(3) } : container,
  );
  return withoutMount('tekton-internal-downward')(first);
}
