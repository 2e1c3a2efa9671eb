// A step as a container: what it has however the pod orders its steps.

import {
  POD_PATHS,
  SlipwayError,
  type Container,
  type OrderedStep,
  type Sidecar,
  type Step,
  type VolumeMount,
} from '@slipway/contracts';
import type { PodBlueprint } from './pod-blueprint.js';
import type { PodConventions } from './pod-conventions.js';
import { SCRIPTS_MOUNT, scriptPath } from './scripts.js';
import { missingEnv, missingMounts } from './steps.js';

export interface PodParts {
  blueprint: PodBlueprint;
  conventions: PodConventions;
  steps: readonly Step[];
  /** Positions of the steps that resources have added. */
  isOurs: (position: number) => boolean;
}

/** Where a container leaves its message that says no other place. */
const CONTAINER_MESSAGE = '/dev/termination-log';

/** All of a step's container but what it runs. What the user mounts at a path wins. */
export function stepContainer(
  { blueprint, conventions, steps }: PodParts,
  i: number,
  before: readonly VolumeMount[],
  behind: readonly VolumeMount[],
): Container {
  const { taskRun, plan } = blueprint;
  const { name, script, computeResources, ...rest } = withoutTektonFields(steps[i]!, PROCESS_FIELDS);
  const volumeMounts = rest.volumeMounts ?? [];
  // A pod template's stand over those of steps and of their template, as Tekton documents.
  const over = taskRun.spec.podTemplate?.env ?? [];
  const env = (rest.env ?? []).map((variable) => over.find(({ name }) => name === variable.name) ?? variable);
  env.push(...missingEnv(env, over));
  env.push(...missingEnv(env, plan?.credentials.env ?? []));
  const own = [...(script ? [SCRIPTS_MOUNT] : []), ...before];
  const added = [...own, ...missingMounts(own, conventions.volumes.map(mountOf)), ...behind];
  return {
    ...rest,
    name: containerName(blueprint, conventions, name, i),
    ...(env.length === 0 ? {} : { env }),
    ...(computeResources === undefined ? {} : { resources: computeResources }),
    volumeMounts: [...volumeMounts, ...missingMounts(volumeMounts, added)],
  };
}

/** What the entrypoint is told of a step. */
export function orderedStep(step: Step, i: number): OrderedStep {
  const process = step.script
    ? { command: [scriptPath({ of: 'step', index: i })], args: step.command?.length ? [] : (step.args ?? []) }
    : { command: step.command ?? [], args: step.args ?? [] };
  return {
    ...process,
    ...(step.onError === undefined ? {} : { onError: step.onError }),
    ...(step.timeout === undefined ? {} : { timeout: step.timeout }),
    ...(step.stdoutConfig === undefined ? {} : { stdoutPath: step.stdoutConfig.path }),
    ...(step.stderrConfig === undefined ? {} : { stderrPath: step.stderrConfig.path }),
    ...(step.results === undefined ? {} : { results: step.results.map(({ name }) => name) }),
    ...(step.when === undefined ? {} : { when: step.when }),
  };
}

/** The step's own process, and the image's where it names none. */
export function plainProcess(parts: PodParts, index: number): Pick<Container, 'command' | 'args'> {
  const { command, args } = orderedStep(parts.steps[index]!, index);
  const meant = command.length === 0 ? argumentsMeant(parts, index, args) : undefined;
  if (meant !== undefined) return { command: [...meant] };
  return {
    ...(command.length === 0 ? {} : { command: [...command] }),
    ...(args.length === 0 ? {} : { args: [...args] }),
  };
}

/** The whole process where Tekton means another one than a node would run: behind a default command, not in its place. */
function argumentsMeant(
  { blueprint, conventions, steps }: PodParts,
  i: number,
  args: readonly string[],
): readonly string[] | undefined {
  if (conventions.isPlainContainer) return undefined;
  const image = steps[i]!.image ?? '';
  const [meant, run] = [blueprint.commandOf(image, args, 'tekton'), blueprint.commandOf(image, args, 'container')];
  return meant?.join('\0') === run?.join('\0') ? undefined : meant;
}

/** Arguments of the entrypoint with what the image runs, which the step does not say. */
export function withImageCommand(
  { blueprint, conventions, steps }: PodParts,
  i: number,
  args: readonly string[],
): string[] {
  const step = steps[i]!;
  const rule = conventions.isPlainContainer ? 'container' : 'tekton';
  const process = blueprint.commandOf(step.image ?? '', step.args ?? [], rule);
  if (process === undefined || process.length === 0) {
    throw new SlipwayError(
      'invalid',
      'UnknownImageCommand',
      `step "${step.name ?? `unnamed-${i}`}" names no command, and what image "${step.image ?? ''}" runs is not known here`,
      { hint: 'Give the step a `command` or a `script`.' },
    );
  }
  const end = args.indexOf('--');
  return [...args.slice(0, end), '-entrypoint', process[0]!, '--', ...process.slice(1)];
}

/** Where a step's message is; the programs of resources know one place only. */
export function terminationPathOf(step: Step, { isPlainContainer }: PodConventions, isOurs: boolean): string {
  if (!isPlainContainer || isOurs) return POD_PATHS.termination;
  return step.terminationMessagePath || CONTAINER_MESSAGE;
}

/** A Build counts its own steps only. */
function containerName(
  { plan }: PodBlueprint,
  { stepPrefix, isPlainContainer }: PodConventions,
  name: string | undefined,
  position: number,
): string {
  const place = isPlainContainer ? position - (plan?.before.length ?? 0) : position;
  return `${stepPrefix}${name === undefined || name === '' ? `unnamed-${place}` : name}`;
}

function mountOf({ name, mountPath, readOnly }: PodConventions['volumes'][number]): VolumeMount {
  return { name, mountPath, ...(readOnly === undefined ? {} : { readOnly }) };
}

type ContainerFields = Omit<Step, 'displayName' | 'timeout' | 'onError' | 'results' | 'when' | 'workspaces' | 'params'>;

/** A Step without what only Tekton understands, so that the rest is a container. */
export function withoutTektonFields(user: Step | Sidecar, others: readonly (keyof Step)[] = []): ContainerFields {
  const fields: Partial<Step> = { ...user };
  for (const key of [...TEKTON_FIELDS, ...others]) delete fields[key];
  return fields;
}
/** What a step runs is said again, by how it is run. */
const PROCESS_FIELDS = ['command', 'args'] as const;
const TEKTON_FIELDS = [
  ...(['displayName', 'timeout', 'onError', 'stdoutConfig', 'stderrConfig', 'workspaces', 'ref'] as const),
  ...(['params', 'results', 'when'] as const),
] as const;
