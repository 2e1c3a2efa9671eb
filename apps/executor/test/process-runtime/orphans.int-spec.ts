// What a sandbox leaves behind does not outlive its pod: bubblewrap that is killed between making its child and letting it go
// leaves a child that waits for ever.

import { eventually } from '@slipway/testing';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePlan, encodeWords } from '../../src/io/process-runtime/plan-file.js';
import { BIN_DIR, buildPrograms } from './pods.js';

beforeAll(() => buildPrograms());

test('a process that its sandbox has left behind ends with the pod', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-orphans-'));
  const path = (name: string): string => join(folder, name);
  const supervisor = join(BIN_DIR, 'supervisor');
  const left = 'setsid sh -c "sleep 1000 & sleep 1000" </dev/null >/dev/null 2>&1 &';
  writeFileSync(path('sandbox'), `#!/bin/sh\n${left}\necho $! > ${path('left')}\n`, { mode: 0o755 });
  writeFileSync(path('arguments'), encodeWords([]));
  writeFileSync(path('log'), '');
  mkdirSync(path('changed'));
  execFileSync(supervisor, ['fifo', path('holder')]);
  const holder = openSync(path('holder'), 'r+');
  const container = {
    name: 'c',
    kind: 'main' as const,
    command: ['true'],
    subPaths: [],
    mountPoints: [],
    files: [],
    cgroups: [],
    cgroupValues: [],
  };
  const plan = {
    ...{ sandbox: path('sandbox'), changedFile: path('changed/uid'), holderFifo: path('holder') },
    ...{ graceMs: 60_000, deadlineMs: 0, terminationMs: 100, ownNetwork: false },
    containers: [
      {
        ...container,
        argumentsFile: path('arguments'),
        logFile: path('log'),
        stateFile: path('state'),
        oomFile: undefined,
      },
    ],
  };
  writeFileSync(path('plan'), encodePlan(plan));

  const child = spawn(supervisor, ['wait', '-'], { stdio: ['pipe', 'inherit', 'inherit'] });
  child.stdin.end(`${folder}\n`);
  await new Promise((resolve) => child.once('exit', resolve));
  const pid = readFileSync(path('left'), 'utf8').trim();
  await eventually(() => !existsSync(`/proc/${pid}`));
  closeSync(holder);
  rmSync(folder, { recursive: true });
});
