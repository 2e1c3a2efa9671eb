// Container states -> the states of steps and sidecars, with what the entrypoint told about them.

import {
  ENTRY_TYPES,
  formatTerminationMessage,
  parseTerminationMessage,
  type ContainerState,
  type ContainerStatus,
  type Pod,
  type Provenance,
  type SidecarState,
  type StepState,
  type TaskSpec,
  type TerminationEntry,
  type Time,
} from '@slipway/contracts';
import { artifactsIn, isArtifacts } from './artifacts.js';
import { STEP_PREFIXES } from './pod-conventions.js';
import { typedResult } from './results.js';

const SIDECAR = 'sidecar-';

/** Results that did not fit the termination message, by container: read from its log. */
export type LoggedResults = ReadonlyMap<string, readonly TerminationEntry[]>;

export interface ReportedStep {
  state: StepState;
  /** Results of the task that this step wrote. */
  entries: readonly TerminationEntry[];
}

export function isStep({ name }: { name: string }): boolean {
  return STEP_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** The name of a step's container without its prefix. */
export function stepNameOf({ name }: { name: string }): string {
  return name.slice(STEP_PREFIXES.find((prefix) => name.startsWith(prefix))?.length ?? 0);
}

export function isSidecar(container: { name: string }): boolean {
  return container.name.startsWith(SIDECAR);
}

/** Statuses of all containers, those that run first first: a node reports them in any order. */
export function statusesOf({ spec, status }: Pick<Pod, 'spec' | 'status'>): ContainerStatus[] {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const position = new Map(containers.map(({ name }, i) => [name, i]));
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return statuses.sort((a, b) => (position.get(a.name) ?? -1) - (position.get(b.name) ?? -1));
}

/** What one step's container says: its state as users see it, and the results in its termination message. */
export function reportedStep(
  status: ContainerStatus,
  spec: TaskSpec,
  logged: LoggedResults,
  provenance?: Provenance,
): ReportedStep {
  const entries = [...entriesOf(status), ...(logged.get(status.name) ?? [])];
  const internal = (key: string): string | undefined =>
    entries.find((entry) => entry.type === ENTRY_TYPES.InternalTektonResult && entry.key === key)?.value;
  const name = stepNameOf(status);
  const declared = spec.steps?.find((step) => step.name === name)?.results;
  const results = entries
    .filter(({ type }) => type === ENTRY_TYPES.StepResult)
    .flatMap((entry) => typedResult(entry, declared) ?? []);
  const state = terminatedState(status.state ?? {}, entries, internal);
  const terminationReason = terminationReasonOf(state, internal('Reason'), internal('ExitCode'));
  return {
    state: {
      ...state,
      name,
      container: status.name,
      ...(status.imageID === undefined || status.imageID === '' ? {} : { imageID: status.imageID }),
      ...(results.length === 0 ? {} : { results }),
      ...(terminationReason === undefined ? {} : { terminationReason }),
      ...artifactsIn(entries, ENTRY_TYPES.StepArtifacts),
      ...(provenance === undefined ? {} : { provenance }),
    },
    entries,
  };
}

export function reportedSidecar(status: ContainerStatus): SidecarState {
  return {
    ...status.state,
    name: status.name.slice(SIDECAR.length),
    container: status.name,
    ...(status.imageID === undefined || status.imageID === '' ? {} : { imageID: status.imageID }),
  };
}

/**
 * Sidecars of an attempt that is over: what still runs ends with it, and Tekton calls that `Completed`, however it ends.
 * Nothing is written once they have ended, so this is said before.
 */
export function stoppedSidecars(sidecars: readonly SidecarState[], finishedAt: Time): SidecarState[] {
  return sidecars.map(({ waiting, running, ...sidecar }) => {
    if (waiting === undefined && running === undefined) return sidecar;
    const startedAt = running?.startedAt === undefined ? {} : { startedAt: running.startedAt };
    return { ...sidecar, terminated: { exitCode: 0, reason: 'Completed', ...startedAt, finishedAt } };
  });
}

/** Entries of the termination message; none when the step wrote something else there. */
export function entriesOf(status: ContainerStatus): readonly TerminationEntry[] {
  const message = parseTerminationMessage(status.state?.terminated?.message ?? '');
  return 'entries' in message ? message.entries : [];
}

/** Whether the step's own process was started: its entrypoint says when. */
export function hasBegun(status: ContainerStatus): boolean {
  return entriesOf(status).some(({ key, type }) => key === 'StartedAt' && type === ENTRY_TYPES.InternalTektonResult);
}

/**
 * Steps that never began because something before them failed were skipped, however their containers ended.
 *
 * `haveTurns`: the node started them one after the other, and starts no other.
 */
export function withSkipped(
  steps: readonly ReportedStep[],
  statuses: readonly ContainerStatus[],
  haveTurns: boolean,
): ReportedStep[] {
  const failed = statuses.findIndex(({ state }) => (state.terminated?.exitCode ?? 0) !== 0);
  const finishedAt = statuses[failed]?.state.terminated?.finishedAt;
  return steps.map((step, i) => {
    if (haveTurns && step.state.waiting !== undefined) return neverStarted(step, finishedAt);
    const isSkipped = failed >= 0 && i > failed && step.state.terminated !== undefined && !hasBegun(statuses[i]!);
    if (!isSkipped || statuses[i]!.state.terminated?.exitCode === 0) return step;
    return { ...step, state: { ...step.state, terminationReason: 'Skipped' } };
  });
}

/** Its container was never started: the pod's other containers ran before it. */
function neverStarted(step: ReportedStep, finishedAt: string | undefined): ReportedStep {
  const terminated = { exitCode: 1, reason: 'Error', ...(finishedAt === undefined ? {} : { finishedAt }) };
  const { waiting, ...state } = step.state;
  return waiting === undefined ? step : { ...step, state: { ...state, terminated, terminationReason: 'Skipped' } };
}

/** How many results the step left in its log, because they did not fit; undefined when none. */
export function resultsInLog(status: ContainerStatus): number | undefined {
  const value = entriesOf(status).find(
    ({ key, type }) => key === 'ResultsInLog' && type === ENTRY_TYPES.InternalTektonResult,
  )?.value;
  return value === undefined ? undefined : Number(value);
}

function terminatedState(
  state: ContainerState,
  entries: readonly TerminationEntry[],
  internal: (key: string) => string | undefined,
): ContainerState {
  if (state.terminated === undefined) return state;
  const { message, ...terminated } = state.terminated;
  const exitCode = internal('ExitCode');
  const startedAt = internal('StartedAt');
  const shown = entries.filter((entry) => entry.type !== ENTRY_TYPES.InternalTektonResult && !isArtifacts(entry));
  const unreadable = 'problem' in parseTerminationMessage(message ?? '');
  const own = internal('Message');
  return {
    terminated: {
      ...terminated,
      ...(exitCode === undefined ? {} : { exitCode: Number(exitCode) }),
      ...(startedAt === undefined ? {} : { startedAt: startedAt.replace(/\.\d+Z$/, 'Z') }),
      ...(own !== undefined
        ? { message: own }
        : unreadable && message !== undefined
          ? { message }
          : shown.length === 0
            ? {}
            : { message: formatTerminationMessage(shown) }),
    },
  };
}

function terminationReasonOf(
  state: ContainerState,
  reason: string | undefined,
  exitCode: string | undefined,
): string | undefined {
  if (state.terminated === undefined) return undefined;
  if (reason !== undefined && reason !== '') return reason;
  if (exitCode !== undefined && exitCode !== '0') return 'Continued';
  return state.terminated.reason;
}
