import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

/** Recorded behaviour of other systems, beside the checkout on machines that have it; no part of the repository. */
// eslint-disable-next-line no-restricted-syntax -- tests have no config.ts, and a clone elsewhere must find its data
const FOLDER = process.env['SLIPWAY_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared');

/** Absolute path of one file or folder of the recorded data; undefined where it is not there, so that a test can skip. */
export function sharedData(path: string): string | undefined {
  const absolute = resolve(FOLDER, path);
  return existsSync(absolute) ? absolute : undefined;
}

/** One recorded call: the argument, or the list of arguments, and what came back. */
export interface GoldenCase {
  fn: string;
  in: unknown;
  out: unknown;
}

/** The recorded calls of one function, oldest first; none where the data is absent. */
export function recordedCalls<Call = GoldenCase>(fn: string): Call[] {
  const file = sharedData(`conformance/golden/${fn}.jsonl`);
  if (file === undefined) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Call);
}

/** The functions whose calls are recorded, sorted; none where the data is absent. */
export function recordedFunctions(): string[] {
  const folder = sharedData('conformance/golden');
  if (folder === undefined) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.slice(0, -'.jsonl'.length))
    .sort();
}

/** What a real Tekton did with its examples: one parsed file each, by file name. */
export function oracleFiles(): [name: string, content: unknown][] {
  const folder = sharedData('conformance/oracle');
  if (folder === undefined) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [name, JSON.parse(readFileSync(resolve(folder, name), 'utf8')) as unknown]);
}
