// What ./slipway does before the command line starts. The way of every start but the first costs a few milliseconds:
// compare one signature of the sources with the stamp of the last build, look for three programs in PATH, go on.
// Only modules that the oldest Node can load are imported up here, so that it can say that it is too old.
import { dirname, join } from 'path';
import { fileURLToPath } from 'url';

const OLDEST_NODE = [20, 19];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  console.error(
    `slipway: this is Node.js ${process.versions.node}; version ${OLDEST_NODE.join('.')} or newer is needed. ` +
      'Get it from https://nodejs.org or your package manager.',
  );
  process.exit(2);
}

const { isReady, setUp } = await import('./setup.mjs');
const startsPlatform = needsPlatform(process.argv.slice(2));
const wanted = { platform: startsPlatform };
if (!isReady(root, wanted)) {
  try {
    await setUp(root, wanted);
  } catch (error) {
    console.error(`slipway: ${error.message}`);
    process.exit(2);
  }
}
const { loadBundle } = await import('./load-bundle.mjs');
loadBundle(join(root, 'apps/cli/dist/main.cjs'), { cacheFolder: join(root, '.slipway'), keepsCode: startsPlatform });

/** Only these start a platform on this machine, and only they need more than Node. */
function needsPlatform(args) {
  const command = args.find((arg) => !arg.startsWith('-'));
  if (args.includes('--help') || args.includes('-h')) return false;
  if (command === 'up') return true;
  return command === 'run' && !args.some((arg) => /^--(server|kubeconfig)(=|$)/.test(arg));
}
