// Pod status -> TaskRun status, as a rule table: ordered rows, the first that matches decides.
//
//   S1. A pure function of the TaskRun, the pod and the results found in its log.
//   S2. A TaskRun is done when its steps are, whatever its sidecars still do.
//   S3. The words are Tekton's: tools and users compare them.

import {
  ENTRY_TYPES,
  timeOf,
  toldFailure,
  type Artifacts,
  type Condition,
  type ContainerStatus,
  type Pod,
  type Provenance,
  type StepState,
  type TaskRun,
  type TaskRunStatus,
  type TaskSpec,
  type ToldFailure,
} from '@slipway/contracts';
import { SUB_PATH_CHECK } from './sub-path.js';
import { artifactsIn, mergeArtifacts } from './artifacts.js';
import { resourceResults, resultProblem, taskResults } from './results.js';
import {
  entriesOf,
  isSidecar,
  isStep,
  reportedSidecar,
  reportedStep,
  statusesOf,
  withSkipped,
  type LoggedResults,
} from './step-states.js';

/** `Failed` until Tekton v1.11 and in its conformance test; the finer words since v1.12. */
export type FailureReasons = 'Failed' | 'StepFailed';

export interface PodReport {
  taskRun: TaskRun;
  pod: Pod;
  spec: TaskSpec;
  logged: LoggedResults;
  reasons: FailureReasons;
  nowMs: number;
}

/** What the rules look at. */
interface View {
  pod: Pod;
  phase: string;
  steps: readonly ContainerStatus[];
  sidecars: readonly ContainerStatus[];
  init: readonly ContainerStatus[];
  /** Every step has ended, or the node has given the pod up. */
  complete: boolean;
  failed: boolean;
}
interface Outcome {
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
}
interface Rule {
  when: (view: View) => boolean;
  then: (view: View) => Outcome;
}

const RUNNING = 'Not all Steps in the Task have finished executing';
const failure = (reason: string, message: (view: View) => string) => (view: View) =>
  ({ status: 'False', reason, message: message(view) }) as const;
const waiting = (reason: string, message: (view: View) => string) => (view: View) =>
  ({ status: 'Unknown', reason, message: message(view) }) as const;
const isOom = (status: ContainerStatus): boolean => status.state?.terminated?.reason === 'OOMKilled';
const hasTooLargeResults = (status: ContainerStatus): boolean =>
  entriesOf(status).some(({ key, value }) => key === 'Reason' && value === 'TaskRunResultLargerThanAllowedLimit');
const TOO_LARGE = 'Termination message is above max allowed size 1572864, caused by large task result.';
const isFailedCheck = (status: ContainerStatus): boolean => status.name === SUB_PATH_CHECK && hasFailed(status);
const hasFailed = (status: ContainerStatus): boolean => failureMessage(status) !== undefined;

// prettier-ignore
const RULES: readonly Rule[] = [
  // Ended, in the order in which a cause explains more than the next.
  { when: (v) => v.complete && !v.failed, then: () => ({ status: 'True', reason: 'Succeeded', message: 'All Steps have completed executing' }) },
  { when: (v) => v.complete && v.pod.status?.reason === 'Evicted', then: failure('PodEvicted', (v) => v.pod.status?.message ?? 'The pod was evicted.') },
  { when: (v) => v.complete && toldBy(v) !== undefined, then: (v) => ({ status: 'False', ...toldBy(v)! }) },
  { when: (v) => v.complete && v.init.some(isFailedCheck), then: failure('SubPathInvalid', (v) => v.init.find(isFailedCheck)?.state.terminated?.message ?? 'the subPath is not a folder') },
  { when: (v) => v.complete && v.failed && isNodeLost(v.pod), then: failure('NodeLost', nodeLostMessage) },
  { when: (v) => v.complete && v.failed && isPreempted(v.pod), then: failure('PodPreempted', (v) => `The pod made way for one of higher priority. ${v.pod.status?.message ?? ''}`.trimEnd()) },
  { when: (v) => v.complete && v.init.some(hasFailed) && v.init.some(isOom), then: failure('InitContainerOOM', (v) => initMessage(v)) },
  { when: (v) => v.complete && v.init.some(hasFailed), then: failure('InitContainerFailed', (v) => initMessage(v)) },
  { when: (v) => v.complete && v.steps.some(hasTooLargeResults), then: failure('TaskRunResultLargerThanAllowedLimit', () => TOO_LARGE) },
  { when: (v) => v.complete && v.steps.some(hasFailed) && v.steps.some(isOom), then: failure('StepOOM', (v) => firstFailure(v.steps)) },
  { when: (v) => v.complete && v.steps.some(hasFailed), then: failure('StepFailed', (v) => firstFailure(v.steps)) },
  { when: (v) => v.complete && v.steps.some(isOom), then: failure('StepOOM', () => 'OOMKilled') },
  // The pod's own word comes before its sidecars': a node that lost a pod ends everything in it.
  { when: (v) => v.complete && !!v.pod.status?.message, then: failure('Failed', (v) => v.pod.status?.message ?? '') },
  { when: (v) => v.complete && v.sidecars.some(isOom), then: failure('SidecarOOM', (v) => firstFailure(v.sidecars)) },
  { when: (v) => v.complete && v.sidecars.some(hasFailed), then: failure('SidecarFailed', (v) => firstFailure(v.sidecars)) },
  { when: (v) => v.complete, then: failure('Failed', () => 'build failed for unspecified reasons.') },
  // Not ended.
  { when: (v) => v.phase === 'Pending' && isUnschedulable(v.pod), then: waiting('ExceededNodeResources', () => 'TaskRun Pod exceeded available resources') },
  { when: (v) => v.phase === 'Pending' && isWaitingFor(v, ['CreateContainerConfigError']), then: failure('CreateContainerConfigError', configErrorMessage) },
  { when: (v) => v.phase === 'Pending' && isWaitingFor(v, ['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName']), then: waiting('PullImageFailed', waitingMessage) },
  { when: (v) => v.phase === 'Pending', then: waiting('Pending', waitingMessage) },
  { when: () => true, then: waiting('Running', () => RUNNING) },
];

/** Reasons that older Tekton called `Failed`. */
const FINER_REASONS = new Set([
  ...['PodEvicted', 'StepOOM', 'StepFailed', 'SidecarOOM', 'SidecarFailed', 'InitContainerOOM', 'InitContainerFailed'],
]);
const ON_ERROR_ANNOTATION = 'pipeline.tekton.dev/pipeline-task-on-error';

/** The TaskRun's status as its pod shows it. */
export function statusFromPod(report: PodReport): TaskRunStatus {
  const { taskRun, pod, spec, logged, nowMs } = report;
  const view = viewOf(pod);
  const steps = withSkipped(
    view.steps.map((status) => reportedStep(status, spec, logged, sourceOf(status, taskRun))),
    view.steps,
    view.complete && (pod.status?.initContainerStatuses ?? []).some(isStep),
  );
  const sidecars = view.sidecars.map(reportedSidecar);
  const entries = steps.flatMap((step) => step.entries);
  const states = steps.map(({ state }) => state);
  const results = taskResults(entries, spec.results, states);
  const resources = resourceResults(entries);
  const artifacts = mergeArtifacts([artifactsIn(entries, ENTRY_TYPES.TaskRunArtifacts), ...states.map(artifactsOf)]);

  let outcome = RULES.find((rule) => rule.when(view))!.then(view);
  const problem = outcome.status === 'True' ? resultProblem(results, entries, spec.results) : undefined;
  if (problem !== undefined) outcome = { status: 'False', reason: 'TaskRunValidationFailed', message: problem };
  return {
    ...taskRun.status,
    conditions: [conditionOf(renamed(outcome, report), taskRun, nowMs)],
    podName: pod.metadata.name,
    ...(view.complete ? { completionTime: timeOf(nowMs) } : {}),
    ...(states.length === 0 ? {} : { steps: states }),
    ...(sidecars.length === 0 ? {} : { sidecars }),
    ...(results.length === 0 ? {} : { results }),
    ...(resources.length === 0 ? {} : { resourcesResult: resources }),
    ...(Object.keys(artifacts).length === 0 ? {} : { artifacts }),
  };
}

/** Where the step's StepAction came from, as it was noted before the pod began. */
function sourceOf({ name }: ContainerStatus, { status }: TaskRun): Provenance | undefined {
  return status?.steps?.find(({ container }) => container === name)?.provenance;
}

function artifactsOf({ inputs, outputs }: StepState): Artifacts {
  return { ...(inputs === undefined ? {} : { inputs }), ...(outputs === undefined ? {} : { outputs }) };
}

/** The condition `Succeeded`; its transition time changes only when its status does. */
export function conditionOf(outcome: Outcome, taskRun: Pick<TaskRun, 'status'>, nowMs: number): Condition {
  const before = taskRun.status?.conditions?.find(({ type }) => type === 'Succeeded');
  const lastTransitionTime =
    before?.status === outcome.status ? (before.lastTransitionTime ?? timeOf(nowMs)) : timeOf(nowMs);
  const { status, reason, message } = outcome;
  return { type: 'Succeeded', status, lastTransitionTime, reason, message };
}

/** The reason of a pod's end in the finest words there are; undefined while it has not ended. */
export function causeOf(pod: Pod): string | undefined {
  const view = viewOf(pod);
  return view.complete ? RULES.find((rule) => rule.when(view))!.then(view).reason : undefined;
}

/** Whether every step has ended, or the pod as a whole has. */
export function isComplete(pod: Pod): boolean {
  return viewOf(pod).complete;
}

/** Whether the sidecars run and are ready, so that the first step may start. */
export function sidecarsReady(pod: Pick<Pod, 'status'>): boolean {
  if (pod.status?.phase !== 'Running') return false;
  return (pod.status.containerStatuses ?? [])
    .filter((status) => !isStep(status))
    .every(({ state, ready }) => state?.terminated !== undefined || (state?.running !== undefined && ready === true));
}

function viewOf(pod: Pod): View {
  const statuses = statusesOf(pod);
  const steps = statuses.filter(isStep);
  const init = (pod.status?.initContainerStatuses ?? []).filter((status) => !isStep(status) && !isSidecar(status));
  const phase = phaseOf(pod, steps);
  const isKnown = (pod.status?.containerStatuses?.length ?? 0) > 0;
  const stepsEnded = isKnown && phase === 'Running' && steps.every(({ state }) => !!state?.terminated); // S2
  return {
    pod,
    phase,
    steps,
    sidecars: statuses.filter(isSidecar), // among the init containers, too, where the cluster knows them
    init,
    complete: stepsEnded || phase === 'Succeeded' || phase === 'Failed',
    failed:
      phase === 'Failed' || steps.some((status) => isOom(status) || (status.state?.terminated?.exitCode ?? 0) !== 0),
  };
}

/** A node calls a pod pending while its init containers run; where those are steps, the run has begun. */
function phaseOf({ status }: Pod, steps: readonly ContainerStatus[]): string {
  const phase = status?.phase ?? '';
  const hasBegun = (status?.initContainerStatuses ?? []).some(
    ({ name, state }) => steps.some((step) => step.name === name) && !!(state?.running ?? state?.terminated),
  );
  return phase === 'Pending' && hasBegun ? 'Running' : phase;
}

function renamed(outcome: Outcome, { taskRun, reasons }: PodReport): Outcome {
  if (outcome.status !== 'False') return outcome;
  if (taskRun.metadata.annotations?.[ON_ERROR_ANNOTATION] === 'continue')
    return { ...outcome, reason: 'FailureIgnored' };
  return reasons === 'Failed' && FINER_REASONS.has(outcome.reason) ? { ...outcome, reason: 'Failed' } : outcome;
}

function failureMessage(status: ContainerStatus): string | undefined {
  const terminated = status.state?.terminated;
  if (terminated === undefined) return undefined;
  const timedOut = entriesOf(status).some(({ key, value }) => key === 'Reason' && value === 'TimeoutExceeded');
  if (timedOut) return `"${status.name}" exited because the step exceeded the specified timeout limit`;
  if (terminated.exitCode === 0) return undefined;
  const reason = terminated.reason === undefined || terminated.reason === '' ? '' : `: ${terminated.reason}`;
  // A container that never ran has left the node's words, not the step's.
  const detail = NEVER_RAN.includes(terminated.reason ?? '') && terminated.message ? `: ${terminated.message}` : '';
  return `"${status.name}" exited with code ${terminated.exitCode}${reason}${detail}`;
}

/** What the first step that failed says about it: steps that the platform added know why they did. */
function toldBy({ init, steps }: View): ToldFailure | undefined {
  const failed = [...init, ...steps].find(hasFailed);
  const told = failed === undefined ? undefined : toldFailure(entriesOf(failed));
  return told === undefined ? undefined : { ...told, message: `${failureMessage(failed!)}: ${told.message}` };
}

function firstFailure(statuses: readonly ContainerStatus[]): string {
  for (const status of statuses) {
    const message = failureMessage(status);
    if (message !== undefined) return message;
  }
  return 'OOMKilled';
}

const NEVER_RAN = ['StartError', 'ContainerCannotRun'];

function initMessage({ init }: View): string {
  return `init container failed, ${firstFailure(init)}`;
}

function isUnschedulable(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(
    ({ reason, message }) => reason === 'Unschedulable' && /Insufficient/.test(message ?? ''),
  );
}

const NODE_LOST = ['NodeLost', 'NodeShutdown', 'Shutdown', 'Terminated'];
/** Reasons of the condition that newer clusters give. */
const NODE_DISRUPTIONS = ['DeletionByTaintManager', 'DeletionByPodGC', 'TerminationByKubelet'];

function isNodeLost(pod: Pod): boolean {
  return NODE_LOST.includes(pod.status?.reason ?? '') || NODE_DISRUPTIONS.includes(disruptionOf(pod));
}

function isPreempted(pod: Pod): boolean {
  return pod.status?.reason === 'Preempting' || disruptionOf(pod) === 'PreemptionByScheduler';
}

function disruptionOf({ status }: Pod): string {
  return status?.conditions?.find((one) => one.type === 'DisruptionTarget' && one.status === 'True')?.reason ?? '';
}

function nodeLostMessage({ pod }: View): string {
  const detail = pod.status?.message ?? '';
  return `The node went away while the pod was on it${detail === '' ? '' : `: ${detail}`}. What its steps did is not known; a retry runs elsewhere.`;
}

function isWaitingFor({ pod }: View, reasons: readonly string[]): boolean {
  return statusesOf(pod).some(({ state }) => reasons.includes(state?.waiting?.reason ?? ''));
}

/** Tekton's words, and what is missing. */
function configErrorMessage({ pod }: View): string {
  const detail = statusesOf(pod).find(({ state }) => state?.waiting?.message)?.state.waiting?.message;
  const words = 'Failed to create pod due to config error';
  return detail === undefined ? words : `${words}: ${detail}`;
}

function waitingMessage({ pod }: View): string {
  for (const { name, state } of statusesOf(pod)) {
    const message = state?.waiting?.message;
    if (message) return `build step "${name}" is pending with reason "${message}"`;
  }
  for (const { type, status, message } of pod.status?.conditions ?? []) {
    if (status !== 'True') return `pod status "${type}":"${status}"; message: "${message ?? ''}"`;
  }
  return pod.status?.message ? pod.status.message : 'Pending';
}
