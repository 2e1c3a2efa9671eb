// TaskRun -> status of its Build, in Knative's words and with what Knative left empty: the time of the end, a reason for
// every failure, the names of steps, what the sources were.

import {
  formatDuration,
  sourcesOf,
  succeeded,
  timeOf,
  type Build,
  type BuildSourceState,
  type BuildStatus,
  type BuildStepState,
  type Condition,
  type StepState,
  type TaskRun,
} from '@slipway/contracts';
import { buildTimeoutMs, ownNameOf, pendingTimeoutOf, sourceStepNames } from './compile-build.js';
import { isGitVolumeStep } from './git-volumes.js';

/** What a Build's condition says, without its time. */
export type BuildOutcome = Pick<Condition, 'status' | 'reason' | 'message'>;

export function cancelledBuild({ metadata: { name } }: Build): BuildOutcome {
  return { status: 'False', reason: 'BuildCancelled', message: `Build "${name}" was cancelled` };
}

/** The status with a condition; the time of the end too where it is one. */
export function withOutcome(build: Build, status: BuildStatus, outcome: BuildOutcome, nowMs: number): BuildStatus {
  const known = succeeded(build);
  const since = known?.status === outcome.status ? known.lastTransitionTime : undefined;
  const condition: Condition = { type: 'Succeeded', ...outcome, lastTransitionTime: since ?? timeOf(nowMs) };
  return {
    builder: 'Cluster',
    ...status,
    startTime: status.startTime ?? timeOf(nowMs),
    ...(outcome.status === 'Unknown' ? {} : { completionTime: status.completionTime ?? timeOf(nowMs) }),
    conditions: [condition],
  };
}

/** The status of a Build as its TaskRun shows it. */
export function buildStatus(build: Build, taskRun: TaskRun, nowMs: number): BuildStatus {
  const { podName, startTime, completionTime, steps = [] } = taskRun.status ?? {};
  const fetching = sourceStepNames(build);
  for (const step of taskRun.spec.taskSpec?.steps ?? []) if (isGitVolumeStep(step)) fetching.add(step.name ?? '');
  const own = steps.filter(({ name }) => !fetching.has(name));
  const sources = sourceStates(build, taskRun);
  const status: BuildStatus = {
    ...build.status,
    ...(podName === undefined ? {} : { cluster: { namespace: build.metadata.namespace ?? '', podName } }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(completionTime === undefined ? {} : { completionTime }),
    stepStates: own.map(stepState),
    stepsCompleted: own.filter(hasRun).map(({ container }) => container),
    ...(sources.length === 0 ? {} : { sources }),
  };
  return withOutcome(build, status, outcomeOf(build, taskRun), nowMs);
}

function outcomeOf(build: Build, taskRun: TaskRun): BuildOutcome {
  const { status = 'Unknown', reason = '', message = '' } = succeeded(taskRun) ?? {};
  if (status === 'True') return { status }; // Knative gives a success no reason
  if (status === 'False') return failureOf(build, taskRun, reason, message);
  if (reason === 'Running') return { status, reason: 'Building' };
  const words = pendingMessage(taskRun) ?? message;
  return { status, reason: 'Pending', ...(words === '' ? {} : { message: words }) };
}

/** Reasons by which a TaskRun says that its pod could not even be made. */
const NEVER_BEGAN: ReadonlySet<string> = new Set([
  ...['PodCreationFailed', 'TaskRunValidationFailed', 'TaskValidationFailed', 'CreateContainerConfigError'],
  ...['PodAdmissionFailed', 'CouldntCreateWorkspacePVC', 'StepOrderUnsupported', 'TaskRunResolutionFailed'],
  ...['CouldntGetTask', 'InternalError'],
]);

/** Reasons that are about a step; others are finer than Knative's, and are told as they are: `GitRevisionNotFound`, … */
const STEP_REASONS: ReadonlySet<string> = new Set(['StepFailed', 'Failed', 'StepOOM']);

function failureOf(build: Build, taskRun: TaskRun, reason: string, message: string): BuildOutcome {
  const failed = (as: string, words: string): BuildOutcome => ({ status: 'False', reason: as, message: words });
  const { name } = build.metadata;
  switch (reason) {
    case 'TaskRunCancelled':
      return cancelledBuild(build);
    case 'TaskRunTimeout':
      return failed(
        'BuildTimeout',
        `Build "${name}" failed to finish within "${formatDuration(buildTimeoutMs(build))}"`,
      );
    case 'TaskRunPendingTimeout':
      return failed('BuildTimeout', `Build "${name}" failed to start within "${pendingTimeoutOf(build)}"`);
    case 'BadSecretAnnotation':
      return failed('BuildValidationFailed', `${reason}: ${message}`);
  }
  if (NEVER_BEGAN.has(reason)) return failed('BuildExecuteFailed', message);
  const words = STEP_REASONS.has(reason) ? (exitMessage(build, taskRun) ?? message) : message;
  return failed(reason === 'StepFailed' || reason === 'Failed' ? 'BuildFailed' : reason, words);
}

/** Knative's words for the step that ended the Build. */
function exitMessage({ metadata: { namespace = '' } }: Build, { status }: TaskRun): string | undefined {
  const failed = status?.steps?.find(({ terminated }) => terminated !== undefined && terminated.exitCode !== 0);
  if (failed?.terminated === undefined) return undefined;
  const { container, imageID = '', terminated } = failed;
  return (
    `build step "${container}" exited with code ${terminated.exitCode} (image: "${imageID}"); ` +
    `for logs run: kubectl -n ${namespace} logs ${status?.podName ?? ''} -c ${container}`
  );
}

function pendingMessage({ status }: TaskRun): string | undefined {
  const pending = status?.steps?.find(({ waiting }) => waiting !== undefined);
  if (pending === undefined) return undefined;
  const { reason = '', message = '' } = pending.waiting ?? {};
  return `build step "${pending.container}" is pending with reason "${message === '' ? reason : message}"`;
}

function stepState({ name, waiting, running, terminated }: StepState): BuildStepState {
  return {
    name,
    ...(waiting === undefined ? {} : { waiting }),
    ...(running === undefined ? {} : { running }),
    ...(terminated === undefined ? {} : { terminated }),
  };
}

/** Ended after it had begun: what came after a failure is shown as ended too, and completed nothing. */
function hasRun({ terminated, terminationReason }: StepState): boolean {
  return terminated !== undefined && terminationReason !== 'Skipped';
}

function sourceStates({ spec }: Build, { status }: TaskRun): BuildSourceState[] {
  const results = status?.resourcesResult ?? [];
  return sourcesOf(spec).flatMap((source, index): BuildSourceState[] => {
    const name = ownNameOf(source, index);
    if (source.git === undefined) return [];
    const of = (key: string): string | undefined =>
      results.find((result) => result.resourceName === `git-source-${name}` && result.key === key)?.value;
    const [commit, author, date] = [of('commit'), of('author'), of('date')];
    if (commit === undefined) return [];
    const git = { url: of('url') ?? '', commit, ...(author === undefined ? {} : { author }) };
    return [{ name, git: { ...git, ...(date === undefined ? {} : { date }) } }];
  });
}
