import { resolve } from 'node:path';
import { SlipwayError } from '@slipway/contracts';
import type { CliConfig } from '../config.js';
import { EXIT } from '../exit-code.js';
import { ensureCertificates } from '../platform/certificates.js';
import { ensureCredentials, writeKubeconfig } from '../platform/credentials.js';
import { lockData } from '../platform/data-lock.js';
import { startEmbedded } from '../platform/embedded.js';
import { writeImages } from '../platform/layout.js';
import type { Terminal } from '../terminal.js';

export interface UpOptions {
  port: string;
  host: string;
  data?: string;
  database?: string;
  images?: string;
  /** `kubernetes` runs pods in the cluster of `$KUBECONFIG`; `faked` runs nothing: for measuring the platform itself. */
  runtime?: 'process' | 'kubernetes' | 'faked';
}

/** Long enough for an upgrade or a reboot of the command; pods that are done do not wait for it. */
const POD_GRACE_MS = 10 * 60_000;

/** `slipway up`: the platform in this process, until SIGTERM or Ctrl-C. */
export async function up(options: UpOptions, config: CliConfig, terminal: Terminal): Promise<number> {
  const port = portOf(options.port);
  const dataDir = resolve(options.data ?? config.dataDir);
  const { token, tokensFile } = await ensureCredentials(dataDir);
  const lock = await lockData(dataDir);
  const { ca, certFile, keyFile } = await ensureCertificates(dataDir, options.host, Date.now());
  await writeImages(dataDir, {
    pairs: [],
    ...(options.images === undefined ? {} : { file: options.images }),
  });
  const stopped = stopSignal();
  const starting = startEmbedded({
    dataDir,
    binDir: config.binDir,
    host: options.host,
    port,
    tls: { certFile, keyFile },
    tokensFile,
    podGraceMs: POD_GRACE_MS,
    logLevel: config.logLevel ?? 'warn',
    resources: config.resources,
    executor: config.executor,
    limits: config.limits,
    ...(options.runtime === undefined ? {} : { runtime: options.runtime }),
    ...(options.database === undefined ? {} : { database: options.database }),
    onNotice: (text) => terminal.err(`note: ${text}\n`),
    onLost: (why) => stopped.fail(new SlipwayError('transient', 'PlatformLost', `The platform cannot go on: ${why}.`)),
  }).catch((error: NodeJS.ErrnoException) => {
    const at = `Port ${port} of ${options.host}`;
    if (error.code === 'EADDRINUSE') {
      throw new SlipwayError('exists', 'PortInUse', `${at} is in use.`, { hint: 'Choose another one with --port.' });
    }
    // Not allowed, no address of this machine, or a name that nobody has.
    if (error.syscall !== 'listen' && error.syscall !== 'getaddrinfo') throw error;
    throw new SlipwayError('invalid', 'CannotListen', `${at} cannot be listened on (${error.code ?? error.message}).`, {
      hint: 'Choose another one with --port, another address with --host.',
      cause: error,
    });
  });
  starting.catch(() => undefined); // it may fail after nobody waits for it any more
  const platform = await Promise.race([starting, stopped.promise]);
  if (platform === undefined) return EXIT.succeeded; // stopped before it had started
  try {
    // A wildcard address is no name that a certificate could be for.
    const server = platform.url.replace(/\/\/(0\.0\.0\.0|\[::\])/, '//127.0.0.1');
    const kubeconfig = await writeKubeconfig(dataDir, { server, token, ca });
    terminal.out(
      `Slipway is running at ${server}. Stop it with Ctrl-C.\n\n  export KUBECONFIG=${shellQuoted(kubeconfig)}\n\n`,
    );
    await stopped.promise;
    terminal.err('stopping\n');
    return EXIT.succeeded;
  } finally {
    await platform.stop();
    await lock.release();
  }
}

export function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new SlipwayError('invalid', 'BadPort', `--port must be a number up to 65535, not "${text}".`);
}

function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The first signal stops in order, the second at once. */
function stopSignal(): { promise: Promise<void>; fail: (error: Error) => void } {
  let fail: (error: Error) => void = () => {};
  const promise = new Promise<void>((done, reject) => {
    fail = reject;
    const onSignal = (): void => {
      process.once('SIGINT', () => process.exit(EXIT.interrupted));
      process.once('SIGTERM', () => process.exit(EXIT.interrupted));
      done();
    };
    process.once('SIGINT', onSignal);
    process.once('SIGTERM', onSignal);
  });
  promise.catch(() => undefined); // it may fail before anybody waits for it
  return { promise, fail };
}
