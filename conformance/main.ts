// `npm run conformance -- [SET] [--only TEXT] [--kubeconfig FILE] [--at-once N]`: runs the example files of other systems
// through a running platform with kubectl, a row for each and a total. Exit 1 when a file that should pass did not.

import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { check, type Outcome } from './check.js';
import { Kubectl } from './kubectl.js';
import { startPlatform, type Platform } from './platform.js';
import { readSet, type ConformanceFile } from './set.js';

const root = resolve(dirname(process.argv[1]!), '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: process.env['SLIPWAY_CONFORMANCE'] ?? resolve(root, '../shared/conformance') },
    only: { type: 'string', default: '' },
    kubeconfig: { type: 'string' },
    'at-once': { type: 'string', default: '4' },
    'deadline-seconds': { type: 'string', default: '90' },
    all: { type: 'boolean', default: false },
  },
});

if (!existsSync(values.data)) {
  console.log(`No conformance data in ${values.data}. Name its folder with --data or SLIPWAY_CONFORMANCE.`);
  process.exit(2);
}

const files = readSet(values.data, positionals[0] ?? 'tekton-v1').filter((file) => file.name.includes(values.only));
let platform: Platform | undefined;
if (values.kubeconfig === undefined) platform = await startPlatform(resolve(root, 'slipway'));
const kubectl = new Kubectl(values.kubeconfig ?? platform!.kubeconfig);

const waiting = files.map((file, index) => ({ file, namespace: `conformance-${index}` }));
const rows = new Map<ConformanceFile, string>();
const totals = { passed: 0, failed: 0, blocked: 0, 'not yet': 0 };
const work = async (): Promise<void> => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { file, namespace } = next;
    if (file.blockedBy.length > 0) report(file, 'blocked', file.blockedBy.join(', '));
    else if (file.notYet.length > 0 && !values.all) report(file, 'not yet', file.notYet.join(', '));
    else {
      const outcome = await check(kubectl, file, namespace, Number(values['deadline-seconds']) * 1000).catch(
        (error: Error): Outcome => ({ kind: 'failed', because: error.message, tookMs: 0 }),
      );
      report(
        file,
        outcome.kind,
        outcome.kind === 'passed' ? `${(outcome.tookMs / 1000).toFixed(1)} s` : outcome.because,
      );
    }
  }
};

function report(file: ConformanceFile, kind: keyof typeof totals, detail: string): void {
  totals[kind]++;
  rows.set(file, `${kind.padEnd(8)}${file.name}  ${detail}`);
  console.log(rows.get(file));
}

try {
  await Promise.all(Array.from({ length: Number(values['at-once']) }, work));
} finally {
  await platform?.stop();
}
console.log(
  `\n${files.length} files: ${totals.passed} passed, ${totals.failed} failed, ` +
    `${totals.blocked} blocked (not possible on this machine), ${totals['not yet']} need what is not built yet`,
);
process.exit(totals.failed === 0 ? 0 : 1);
