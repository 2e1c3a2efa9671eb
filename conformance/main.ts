// `npm run conformance -- [SET … | all] [--only PATTERN] [--kubeconfig FILE] [--at-once N] [--write]`: runs the example files
// of other systems through a running platform with kubectl, a row for each and a total. Exit 1 when one did not end as it
// should. `--write` puts the table of all sets into docs/compatibility.md.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { check, type Outcome } from './check.js';
import { startFarSide } from './far-side/far-side.js';
import { Kubectl } from './kubectl.js';
import { startPlatform, type Platform } from './platform.js';
import { recordedFor } from './oracle.js';
import { documentation, row, total, type Result } from './report.js';
import { SETS, TABLES, readSet, type ConformanceFile } from './set.js';

const root = resolve(dirname(process.argv[1]!), '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: process.env['SLIPWAY_CONFORMANCE'] ?? resolve(root, '../shared/conformance') },
    only: { type: 'string', default: '' },
    kubeconfig: { type: 'string' },
    'at-once': { type: 'string', default: '4' },
    'deadline-seconds': { type: 'string', default: '90' },
    'limit-minutes': { type: 'string', default: '30' },
    oracle: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const sets = positionals.includes('all') ? SETS : positionals.length > 0 ? positionals : ['tekton-v1'];

if (!existsSync(values.data)) {
  console.log(`No conformance data in ${values.data}. Name its folder with --data or SLIPWAY_CONFORMANCE.`);
  process.exit(2);
}
const tables = TABLES.filter((table) => table.sets.every((set) => sets.includes(set)));
if (values.write && (tables.length === 0 || values.only !== '')) {
  console.log('--write is for all sets of a table and all files: npm run conformance -- all --write');
  process.exit(2);
}

const only = new RegExp(values.only);
const endMs = Date.now() + Number(values['limit-minutes']) * 60_000;
const results: Result[] = [];
const far = await startFarSide(root);
for (const set of sets) {
  const files = readSet(values.data, set).filter(({ name }) => only.test(name));
  // A platform a set: cluster-wide objects of two sets have the same names.
  let platform: Platform | undefined;
  if (values.kubeconfig === undefined)
    platform = await startPlatform(resolve(root, 'slipway'), ['--images', far.images], {
      ...process.env,
      ...far.env,
    });
  try {
    results.push(...(await runAll(new Kubectl(values.kubeconfig ?? platform!.kubeconfig), files)));
  } finally {
    await platform?.stop();
  }
}
await far.stop();
for (const set of sets) console.log(`\n${set}: ${total(results.filter(({ file }) => file.set === set))}`);
if (sets.length > 1) console.log(`\nall: ${total(results)}`);
if (values.write) {
  const file = resolve(root, 'docs/compatibility.md');
  let text = readFileSync(file, 'utf8');
  for (const { mark, sets: side } of tables) {
    const written = `<!-- ${mark} -->\n\n${documentation(results, side)}\n\n<!-- /${mark} -->`;
    text = text.replace(new RegExp(`<!-- ${mark} -->[\\s\\S]*<!-- /${mark} -->`), () => written);
  }
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'markdown' }));
}
process.exit(results.some(({ outcome }) => outcome.kind === 'failed') ? 1 : 0);

async function runAll(kubectl: Kubectl, files: readonly ConformanceFile[]): Promise<Result[]> {
  const waiting = files.map((file, index) => ({
    file,
    namespace: `conformance-${file.set.replace(/\W/g, '-')}-${index}`,
  }));
  const done: Result[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = { file: next.file, outcome: await outcomeOf(kubectl, next.file, next.namespace) };
      done.push(result);
      console.log(row(result));
    }
  };
  await Promise.all(Array.from({ length: Number(values['at-once']) }, work));
  return done;
}

async function outcomeOf(kubectl: Kubectl, file: ConformanceFile, namespace: string): Promise<Outcome> {
  const leftMs = endMs - Date.now();
  if (leftMs <= 0) return { kind: 'failed', because: 'not run: the time of all files is up', tookMs: 0 };
  const deadlineMs = Math.min(Number(values['deadline-seconds']) * 1000, leftMs);
  const recorded = values.oracle ? recordedFor(values.data, file) : undefined;
  return check(kubectl, file, namespace, deadlineMs, recorded).catch((error: Error): Outcome => ({
    kind: 'failed',
    because: error.message,
    tookMs: 0,
  }));
}
