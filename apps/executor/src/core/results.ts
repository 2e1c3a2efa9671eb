// Results: from the entries that steps write to the typed results of a TaskRun.

import {
  ENTRY_TYPES,
  typeOfValue,
  type ParamValue,
  type ResourceResult,
  type ResultSpec,
  type StepState,
  type TaskRunResult,
  type TerminationEntry,
} from '@slipway/contracts';

/** One result with its declared type; undefined when the text is not of that type. */
export function typedResult(
  entry: TerminationEntry,
  declared: readonly ResultSpec[] | undefined,
): TaskRunResult | undefined {
  const type = declared?.find(({ name }) => name === entry.key)?.type ?? 'string';
  if (type === 'string') return { name: entry.key, type, value: entry.value };
  const value = parsedValue(entry.value);
  return value === undefined ? undefined : { name: entry.key, type: typeOfValue(value), value };
}

/**
 * The task's results from all its steps, in the order in which they were written; of two with one name the later wins.
 * Results that the task takes from a step's results come last.
 */
export function taskResults(
  entries: readonly TerminationEntry[],
  declared: readonly ResultSpec[] | undefined,
  steps: readonly StepState[],
): TaskRunResult[] {
  const byName = new Map<string, TaskRunResult>();
  for (const entry of entries) {
    if (entry.type !== ENTRY_TYPES.TaskRunResult) continue;
    const result = typedResult(entry, declared);
    if (result !== undefined) byName.set(result.name, result);
  }
  for (const spec of declared ?? []) {
    const value = spec.value === undefined ? undefined : fromStepResults(spec.value, steps);
    if (value !== undefined) byName.set(spec.name, { name: spec.name, type: typeOfValue(value), value });
  }
  return [...byName.values()];
}

/** 2020: what resource steps reported: entries about a resource, which have no type. */
export function resourceResults(entries: readonly TerminationEntry[]): ResourceResult[] {
  return entries
    .filter(({ type, resourceName }) => type === undefined && resourceName !== undefined)
    .map(({ key, value, resourceName }) => ({
      key,
      value,
      ...(resourceName === undefined ? {} : { resourceName, resourceRef: { name: resourceName } }),
    }));
}

/** Why the results do not fit what the task declares, in Tekton's words; undefined when they do. */
export function resultProblem(
  results: readonly TaskRunResult[],
  entries: readonly TerminationEntry[],
  declared: readonly ResultSpec[] | undefined,
): string | undefined {
  const wrong: string[] = [];
  const missing: string[] = [];
  for (const spec of declared ?? []) {
    const type = spec.type ?? 'string';
    const written = entries.some(({ type: of, key }) => of === ENTRY_TYPES.TaskRunResult && key === spec.name);
    const result = results.find(({ name }) => name === spec.name);
    const actual = result?.type ?? 'string';
    if ((written || result !== undefined) && (result === undefined || actual !== type)) {
      wrong.push(
        `"${spec.name}": task result is expected to be "${type}" type but was initialized to a different type "${actual}"`,
      );
    } else if (result !== undefined && typeof result.value === 'object' && !Array.isArray(result.value)) {
      const given = Object.keys(result.value);
      const lacking = Object.keys(spec.properties ?? {}).filter((key) => !given.includes(key));
      if (lacking.length > 0) missing.push(`${spec.name}:[${lacking.join(' ')}]`);
    }
  }
  if (wrong.length > 0) {
    return `Provided results don't match declared results; may be invalid JSON or missing result declaration: ${wrong.join(', ')}`;
  }
  if (missing.length === 0) return undefined;
  return `missing keys for these results which are required in TaskResult's properties map[${missing.join(' ')}]`;
}

/** The value of `$(steps.<step>.results.<result>)`, with `[*]`, `[i]` or `.key` behind it. */
function fromStepResults(value: ParamValue, steps: readonly StepState[]): ParamValue | undefined {
  if (typeof value !== 'string') return value;
  const match = /^\$\(steps\.([^.]+)\.results\.([^.[\])]+)(?:\[(\*|\d+)\]|\.([^)]+))?\)$/.exec(value.trim());
  if (match === null) return undefined;
  const [, stepName, resultName, index, key] = match;
  const found = steps.find(({ name }) => name === stepName)?.results?.find(({ name }) => name === resultName)?.value;
  if (found === undefined) return undefined;
  if (key !== undefined) return typeof found === 'object' && !Array.isArray(found) ? found[key] : undefined;
  if (index !== undefined && index !== '*') return Array.isArray(found) ? found[Number(index)] : undefined;
  return found;
}

function parsedValue(text: string): ParamValue | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed)) return parsed.map(asText);
    if (typeof parsed !== 'object' || parsed === null) return text;
    return Object.fromEntries(Object.entries(parsed).map(([key, item]) => [key, asText(item)]));
  } catch {
    return undefined;
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
