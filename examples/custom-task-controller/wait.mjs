// The custom task `example.dev/v1` Wait: it waits for as many seconds as its param `seconds` says. Pure: a CustomRun as it
// is stored, and a time; so the same decision serves over NATS and over the API.

const UNIT_MS = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/**
 * What is to be done with a CustomRun at `nowMs`: `status` is to be written, or it is to be looked at again at `atMs`.
 * Undefined: it is not ours, or it has ended.
 */
export function decide(run, nowMs) {
  const { apiVersion, kind } = run.spec.customRef ?? run.spec.customSpec ?? {};
  if (apiVersion !== 'example.dev/v1' || kind !== 'Wait' || isDone(run)) return undefined;
  const end = (status, reason, message, results) => ({ status: ended(run, nowMs, status, reason, message, results) });
  if (run.spec.status === 'RunCancelled') {
    return end('False', 'CustomRunCancelled', run.spec.statusMessage ?? 'The run was cancelled.');
  }
  const given = run.spec.params?.find(({ name }) => name === 'seconds')?.value;
  if (typeof given !== 'string' || !/^\d{1,6}$/.test(given)) {
    return end('False', 'InvalidParam', 'The param "seconds" must be a whole number.'); // to try again would not help
  }
  const startMs = Date.parse(run.status?.startTime ?? '');
  if (Number.isNaN(startMs)) return { status: begun(nowMs) };
  const untilMs = startMs + Number(given) * 1000;
  const timeoutMs = durationMs(run.spec.timeout);
  const timeOutMs = timeoutMs === 0 ? Infinity : startMs + timeoutMs;
  if (nowMs >= Math.min(untilMs, timeOutMs)) {
    if (timeOutMs < untilMs) return end('False', 'CustomRunTimedOut', `It did not end within ${run.spec.timeout}.`);
    return end('True', 'Waited', `Waited for ${given} s.`, [{ name: 'seconds', value: given }]);
  }
  return { atMs: Math.min(untilMs, timeOutMs) };
}

function begun(nowMs) {
  const conditions = [{ type: 'Succeeded', status: 'Unknown', reason: 'Running', message: 'Waiting.' }];
  return { startTime: timeOf(nowMs), conditions };
}

function ended(run, nowMs, status, reason, message, results = []) {
  const time = timeOf(nowMs);
  return {
    startTime: run.status?.startTime ?? time,
    completionTime: time,
    conditions: [{ type: 'Succeeded', status, reason, message, lastTransitionTime: time }],
    results,
  };
}

function isDone(run) {
  const succeeded = run.status?.conditions?.find(({ type }) => type === 'Succeeded');
  return succeeded?.status === 'True' || succeeded?.status === 'False';
}

/** A Go duration of h, m, s and ms; 0 when absent: no limit. */
function durationMs(text = '0s') {
  let ms = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)(ms|h|m|s)/g)) ms += Number(number) * UNIT_MS[unit];
  return ms;
}

/** Whole seconds, as Kubernetes writes times. */
function timeOf(ms) {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
