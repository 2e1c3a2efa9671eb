// Makes a checkout ready to run: npm packages as the lock file says, the bundles and the C programs as the sources say,
// and the programs that npm cannot give. Used by ./slipway, scripts/test and .ci/run.
//
//   L1. What is up to date is not touched, and finding that out starts no process and takes no lock.
//   L2. Two starts at once set up once: the second waits for the lock and looks again.
//   L3. A stamp is written after the work it stands for, never before.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assembleBin } from './bin-dir.mjs';
import { withLock } from './lock.mjs';
import { missingTools, installTools, programPath } from './tools.mjs';

/** Debian keeps servers where an ordinary user's PATH does not look. */
process.env.PATH = programPath();

/**
 * Whether a start needs nothing done first.
 *
 * @param {string} root the checkout
 * @param {{ platform: boolean }} wanted `platform`: a platform will run here, which needs nats-server, bwrap and the C programs
 */
export function isReady(root, wanted) {
  const stamp = readStamp(root);
  if (stamp.packages !== lockDigest(root)) return false;
  if (stamp.bundles !== bundlesSignature(root) || !existsSync(join(root, 'apps/cli/dist/main.cjs'))) return false;
  if (!wanted.platform) return true;
  return stamp.programs === programsSignature(root) && missingTools('platform').length === 0;
}

/** Does what `isReady` found missing, one line on stderr for each thing. Throws an Error that says what to do. */
export async function setUp(root, wanted) {
  mkdirSync(join(root, '.slipway'), { recursive: true });
  await withLock(join(root, '.slipway', 'setup.lock'), say, async () => {
    await ensurePackages(root);
    if (wanted.platform) await ensureTools('platform');
    await ensureBuilt(root, wanted);
  });
}

/** Installs npm packages unless the installed ones are those of the lock file. */
export async function ensurePackages(root) {
  const digest = lockDigest(root);
  if (readStamp(root).packages === digest) return;
  if (!installedByHand(root)) {
    say('installing npm packages (about a minute)');
    await run(root, 'npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
      failed: 'npm could not install the packages. Is the registry reachable?',
    });
  }
  writeStamp(root, { packages: digest });
}

/** Makes sure of programs that npm cannot give; installs them where that is possible without asking. */
export async function ensureTools(purpose) {
  const missing = missingTools(purpose);
  if (missing.length > 0)
    await installTools(missing, { say, run: (command, args, options) => run('/', command, args, options) });
}

async function ensureBuilt(root, wanted) {
  const stamp = readStamp(root);
  const bundles = bundlesSignature(root);
  const programs = programsSignature(root);
  const buildPrograms = wanted.platform && stamp.programs !== programs;
  if (stamp.bundles === bundles && !buildPrograms && existsSync(join(root, 'apps/cli/dist/main.cjs'))) return;
  if (buildPrograms) await ensureTools('build');
  say('building what changed');
  const parts = ['cli', ...(buildPrograms ? ['resources', 'entrypoint'] : [])];
  const filter = parts.map((name) => `--filter=@slipway/${name}`);
  const turbo = join(root, 'node_modules/.bin/turbo');
  await run(root, turbo, ['run', 'build', '--output-logs=errors-only', '--no-update-notifier', ...filter], {
    failed: 'The build failed.',
  });
  if (buildPrograms) assembleBin(root, join(root, '.slipway', 'bin'));
  writeStamp(root, { bundles, ...(buildPrograms ? { programs } : {}) });
}

/** Builds every app, for those that run services apart. turbo keeps what did not change. */
export async function buildAll(root) {
  await run(
    root,
    join(root, 'node_modules/.bin/turbo'),
    ['run', 'build', '--output-logs=errors-only', '--no-update-notifier'],
    {
      failed: 'The build failed.',
    },
  );
  assembleBin(root, join(root, '.slipway', 'bin'));
}

/** True when somebody ran npm in the checkout and what is installed has the versions of the lock file. */
function installedByHand(root) {
  try {
    const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    const installed = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;
    return Object.entries(locked).every(([path, entry]) => {
      if (!path.startsWith('node_modules/') || entry.optional) return true;
      return installed[path]?.version === entry.version && existsSync(join(root, path));
    });
  } catch {
    return false; // nothing installed yet, or half
  }
}

function lockDigest(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/** Of everything that ends up in a bundle: paths, sizes and times. A false alarm costs one cached build. */
function bundlesSignature(root) {
  const files = ['package-lock.json', 'tsconfig.base.json', 'turbo.json', 'scripts/build.mjs'];
  for (const area of ['apps', 'packages']) {
    for (const name of readdirSync(join(root, area))) {
      if (name === 'entrypoint') continue;
      files.push(`${area}/${name}/package.json`, ...filesBelow(root, `${area}/${name}/src`));
    }
  }
  return signatureOf(root, files);
}

/** Of the C programs, and of what lies beside them in the folder that pods see. */
function programsSignature(root) {
  const entrypoint = ['Makefile', 'package.json'].map((name) => `packages/entrypoint/${name}`);
  const steps = filesBelow(root, 'apps/resources/src/steps');
  return signatureOf(root, [
    ...entrypoint,
    ...filesBelow(root, 'packages/entrypoint/src'),
    ...steps,
    'scripts/bin-dir.mjs',
  ]);
}

function filesBelow(root, folder) {
  const found = [];
  const visit = (path) => {
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      if (entry.isDirectory()) visit(`${path}/${entry.name}`);
      else if (!/\.(spec|int-spec|contract)\.ts$/.test(entry.name)) found.push(`${path}/${entry.name}`);
    }
  };
  if (existsSync(join(root, folder))) visit(folder);
  return found;
}

function signatureOf(root, files) {
  const hash = createHash('sha1');
  for (const file of files) {
    const stat = statSync(join(root, file), { throwIfNoEntry: false });
    hash.update(`${file} ${stat?.size} ${stat?.mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function readStamp(root) {
  try {
    const stamp = JSON.parse(readFileSync(join(root, '.slipway/stamp.json'), 'utf8'));
    // The packages' stamp lies where they do: removing node_modules removes it too.
    const packages = readFileSync(join(root, 'node_modules/.slipway-packages'), 'utf8');
    return { ...stamp, packages };
  } catch {
    try {
      return { packages: readFileSync(join(root, 'node_modules/.slipway-packages'), 'utf8') };
    } catch {
      return {};
    }
  }
}

function writeStamp(root, { packages, ...stamp }) {
  if (packages !== undefined) writeFileSync(join(root, 'node_modules/.slipway-packages'), packages);
  const { packages: _, ...before } = readStamp(root);
  const path = join(root, '.slipway/stamp.json');
  writeFileSync(`${path}.new`, JSON.stringify({ ...before, ...stamp }));
  renameSync(`${path}.new`, path);
}

function say(line) {
  console.error(`slipway: ${line}`);
}

/** Runs a program in silence; when it fails, its last lines are shown with what it was for. */
function run(cwd, command, args, { failed, env = {} }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', ...env },
    });
    let output = '';
    const keep = (chunk) => (output = (output + chunk).slice(-8000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => reject(new Error(`${failed}\n  ${command}: ${error.message}`)));
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const lines = output
        .trimEnd()
        .split('\n')
        .slice(-40)
        .map((line) => `  ${line}`);
      reject(new Error(`${failed}\n  $ ${command} ${args.join(' ')}\n${lines.join('\n')}`));
    });
  });
}
