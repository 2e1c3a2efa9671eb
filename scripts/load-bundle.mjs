// Runs a CommonJS bundle with the compiled code of an earlier start: half a second of compiling becomes 50 ms of reading.

import { readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import vm from 'node:vm';

const PREFIX = 'code-';

/**
 * @param {string} file the bundle
 * @param {{ cacheFolder: string, keepsCode: boolean }} options `keepsCode`: this start runs what most starts run, so its
 *   compiled code is worth keeping
 */
export function loadBundle(file, { cacheFolder, keepsCode }) {
  const source = readFileSync(file, 'utf8');
  const cacheFile = join(cacheFolder, `${PREFIX}${identityOf(file)}.bin`);
  const cachedData = readOr(cacheFile);
  const wrapped = `(function (exports, require, module, __filename, __dirname) { ${source}\n})`;
  const script = new vm.Script(wrapped, { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
  if (keepsCode && (cachedData === undefined || script.cachedDataRejected === true)) {
    process.once('exit', () => keep(script, cacheFile, cacheFolder));
  }
  process.argv[1] = file;
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
}

/** V8 checks its own version and flags, but of the source only the length: the name stands for the rest. */
function identityOf(file) {
  const { size, mtimeMs, ino } = statSync(file);
  return [size, mtimeMs, ino, process.version].join('-').replace(/[^\w.-]/g, '_');
}

function keep(script, cacheFile, folder) {
  try {
    writeFileSync(`${cacheFile}.${process.pid}`, script.createCachedData());
    renameSync(`${cacheFile}.${process.pid}`, cacheFile);
    for (const name of readdirSync(folder)) {
      if (name.startsWith(PREFIX) && name !== basename(cacheFile)) rmSync(join(folder, name), { force: true });
    }
  } catch {
    // the folder may be read-only; the next start is as slow as this one
  }
}

function readOr(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
