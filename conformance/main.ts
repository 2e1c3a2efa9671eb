// `npm run conformance -- [SET … | all] [--only PATTERN] [--kubeconfig FILE] [--runtime kubernetes] [--at-once N]
// [--write]`: runs the example files of other systems through a running platform with kubectl, a row for each and a total. Exit 1
// when one did not end as it should. `--write` puts the table of all sets into docs/compatibility.md. With the runtime
// `kubernetes` pods run in the cluster of `npm run e2e:kubernetes`.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { RESOURCE_STEPS_IMAGE } from '@slipway/contracts';
import { check, type Outcome } from './check.js';
import { findCluster } from './cluster/cluster.js';
import { loadImages } from './cluster/load-images.js';
import { startFarSide, type FarSide } from './far-side/far-side.js';
import { Interrupted, onInterruption } from './interruption.js';
import { Kubectl } from './kubectl.js';
import { startPlatform, type Platform } from './platform.js';
import { Place } from './place.js';
import { recordedFor } from './oracle.js';
import { clusterDocumentation, documentation, row, total, type Result } from './report.js';
import { CLUSTER_MARK, SETS, TABLES, readSet, type ConformanceFile } from './set.js';

const root = resolve(dirname(process.argv[1]!), '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: process.env['SLIPWAY_CONFORMANCE'] ?? resolve(root, '../shared/conformance') },
    only: { type: 'string', default: '' },
    kubeconfig: { type: 'string' },
    runtime: { type: 'string', default: 'process' },
    address: { type: 'string' },
    'at-once': { type: 'string' },
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
const onCluster = values.runtime === 'kubernetes';
const tables = (onCluster ? [{ mark: CLUSTER_MARK, sets: SETS }] : TABLES).filter((table) =>
  table.sets.every((set) => sets.includes(set)),
);
if (values.write && (tables.length === 0 || values.only !== '')) {
  console.log('--write is for all sets of a table and all files: npm run conformance -- all --write');
  process.exit(2);
}

const only = new RegExp(values.only);
const endMs = Date.now() + Number(values['limit-minutes']) * 60_000;
const results: Result[] = [];
const cluster = onCluster ? await findCluster(root, values.address) : undefined;
const interruption = onInterruption();
await runSets().catch((thrown: unknown) => {
  if (!(thrown instanceof Interrupted)) throw thrown;
  console.error(thrown.message);
  process.exit(thrown.exitCode);
});
for (const set of sets) console.log(`\n${set}: ${total(results.filter(({ file }) => file.set === set))}`);
if (sets.length > 1) console.log(`\nall: ${total(results)}`);
if (values.write) {
  const file = resolve(root, 'docs/compatibility.md');
  let text = readFileSync(file, 'utf8');
  for (const { mark, sets: side } of tables) {
    const rows = onCluster ? clusterDocumentation(results, side) : documentation(results, side);
    const written = `<!-- ${mark} -->\n\n${rows}\n\n<!-- /${mark} -->`;
    text = text.replace(new RegExp(`<!-- ${mark} -->[\\s\\S]*<!-- /${mark} -->`), () => written);
  }
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'markdown' }));
}
process.exit(results.some(({ outcome }) => outcome.kind === 'failed') ? 1 : 0);

async function runSets(): Promise<void> {
  const far = await startFarSide(root, cluster?.address);
  try {
    const chosen = sets.map((set) => readSet(values.data, set).filter(({ name }) => only.test(name)));
    const tools = process.env['KUBERNETES_TOOLS'] ?? resolve(root, '../shared/tools/kubernetes');
    if (cluster !== undefined) await interruption.orEnded(loadImages({ root, tools, far, files: chosen.flat() }));
    for (const files of chosen) results.push(...(await runSet(far, files)));
  } finally {
    await far.stop();
  }
}

async function runSet(far: FarSide, files: readonly ConformanceFile[]): Promise<Result[]> {
  // A platform a set: cluster-wide objects of two sets have the same names.
  let platform: Platform | undefined;
  if (values.kubeconfig === undefined) {
    const args = cluster === undefined ? ['--images', far.images] : ['--runtime', 'kubernetes'];
    // The steps that Slipway adds have a stand-in too, unless their image is named.
    const env = { RESOURCE_STEPS_IMAGE, ...process.env, ...far.env, ...cluster?.env };
    platform = await startPlatform(resolve(root, 'slipway'), args, env);
  }
  const place = new Place(new Kubectl(values.kubeconfig ?? platform!.kubeconfig), cluster?.kubectl);
  try {
    return await interruption.orEnded(runAll(place, files));
  } finally {
    await place.clear();
    await platform?.stop();
  }
}

async function runAll(place: Place, files: readonly ConformanceFile[]): Promise<Result[]> {
  const waiting = files.map((file, index) => ({
    file,
    namespace: `conformance-${file.set.replace(/\W/g, '-')}-${index}`,
  }));
  const done: Result[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = { file: next.file, outcome: await outcomeOf(place, next.file, next.namespace) };
      done.push(result);
      console.log(row(result));
    }
  };
  await Promise.all(Array.from({ length: Number(values['at-once'] ?? (cluster === undefined ? 4 : 8)) }, work));
  return done;
}

async function outcomeOf(place: Place, file: ConformanceFile, namespace: string): Promise<Outcome> {
  const leftMs = endMs - Date.now();
  if (leftMs <= 0) return { kind: 'failed', because: 'not run: the time of all files is up', tookMs: 0 };
  const deadlineMs = Math.min(Number(values['deadline-seconds']) * 1000, leftMs);
  const recorded = values.oracle ? recordedFor(values.data, file) : undefined;
  return check(place, file, namespace, deadlineMs, recorded).catch((error: Error): Outcome => ({
    kind: 'failed',
    because: error.message,
    tookMs: 0,
  }));
}
