import { isDone, succeeded, SlipwayError } from '@slipway/contracts';
import { cancelRun } from '../api/cancel-run.js';
import { ApiClient } from '../api/client.js';
import { followRun } from '../api/follow-run.js';
import type { Followed } from '../api/observer.js';
import { findAccess, type Target } from '../api/kubeconfig.js';
import type { CliConfig } from '../config.js';
import { EXIT } from '../exit-code.js';
import { applyObjects, isRun } from '../input/apply.js';
import type { SourceObject } from '../input/documents.js';
import { lintObjects } from '../input/lint.js';
import { readSources } from '../input/sources.js';
import type { Platform } from '../platform/ephemeral.js';
import { reportError } from '../report-error.js';
import type { Terminal } from '../terminal.js';
import { RunView } from '../view/run-view.js';

export interface RunOptions extends Target {
  image: string[];
  images?: string;
  output: 'text' | 'json';
}

const MOST_WARNINGS = 5;
/** How long cancelled runs may take to end before the command does. */
const CANCEL_MS = 15_000;

/** `slipway run FILE…`: applies, follows every run that the files create, and exits with their outcome. */
export async function run(
  paths: string[],
  options: RunOptions,
  config: CliConfig,
  terminal: Terminal,
): Promise<number> {
  const isElsewhere = options.server !== undefined || options.kubeconfig !== undefined;
  const stop = new Interrupts();
  // The platform starts while the files are read; bad files end it again.
  const starting = isElsewhere ? undefined : startPlatform(options, config, terminal);
  starting?.catch(() => undefined);
  let platform: Platform | undefined;
  try {
    const sources = await readSources(paths, terminal.stdin);
    refuseNothingToRun(sources);
    platform = await starting;
    const access = platform?.access ?? (await findAccess(options, config));
    const client = new ApiClient(
      options.namespace === undefined ? access : { ...access, namespace: options.namespace },
    );
    return await applyAndFollow(client, sources, platform !== undefined, options, terminal, stop);
  } finally {
    platform ??= await starting?.catch(() => undefined);
    await platform?.stop();
    stop.end();
  }
}

async function startPlatform(options: RunOptions, config: CliConfig, terminal: Terminal): Promise<Platform> {
  const { startEphemeral } = await import('../platform/ephemeral.js');
  return startEphemeral(options, config, terminal);
}

async function applyAndFollow(
  client: ApiClient,
  sources: SourceObject[],
  isOurs: boolean,
  options: RunOptions,
  terminal: Terminal,
  stop: Interrupts,
): Promise<number> {
  const isText = options.output === 'text';
  const view = isText ? new RunView(terminal) : undefined;
  if (view !== undefined) warn(sources, view);
  const runs = await applyObjects(client, sources, {
    namespace: client.access.namespace,
    makeNamespaces: isOurs,
    onApplied: (line) => view?.say(line),
  });
  for (const ref of runs) view?.add(ref);
  const silent = {
    onRun: () => undefined,
    onTaskRun: () => undefined,
    onNested: () => undefined,
    onTaskEnd: () => undefined,
    onLine: () => undefined,
    onNotice: () => undefined,
  };
  const given = new AbortController(); // the second Ctrl-C, or cancelled runs that do not end
  stop.onFirst = () => {
    view?.say('cancelling; press Ctrl-C again to leave at once');
    for (const ref of runs) cancelRun(client, ref, 'now').catch((error: unknown) => reportError(error, terminal));
    setTimeout(() => given.abort(), CANCEL_MS).unref();
  };
  stop.onSecond = () => given.abort();
  const followed = await Promise.all(
    runs.map(async (ref) => {
      try {
        return await followRun(client, ref, view ?? silent, given.signal);
      } catch (error) {
        if (stop.count > 0) return undefined;
        reportError(error, terminal);
        return undefined;
      }
    }),
  );
  view?.end();
  if (!isText) terminal.out(`${JSON.stringify(listOf(followed), undefined, 2)}\n`);
  if (stop.count > 0) return EXIT.interrupted;
  if (followed.some((one) => one === undefined)) return EXIT.platform;
  return followed.every((one) => one !== undefined && succeeded(one.run)?.status === 'True')
    ? EXIT.succeeded
    : EXIT.failed;
}

/** What the author should think again about; `slipway lint` names all of it. */
function warn(sources: readonly SourceObject[], view: RunView): void {
  const unquoted = lintObjects(sources).filter(({ quoting }) => quoting === 'none');
  for (const { text } of unquoted.slice(0, MOST_WARNINGS)) view.say(`warning: ${text}`);
  const rest = unquoted.length - MOST_WARNINGS;
  if (rest > 0) view.say(`warning: and ${rest} more; slipway lint names them`);
}

/** The finished runs, each followed by its TaskRuns. */
function listOf(followed: readonly (Followed | undefined)[]): unknown {
  const items = followed.flatMap((one) => (one === undefined || !isDone(one.run) ? [] : [one.run, ...one.taskRuns]));
  return { apiVersion: 'v1', kind: 'List', items };
}

function refuseNothingToRun(sources: readonly SourceObject[]): void {
  if (sources.some(isRun)) return;
  const pipeline =
    sources.find(({ kind }) => kind.kind === 'Pipeline') ?? sources.find(({ kind }) => kind.kind === 'Task');
  const named = sources.map(({ object, kind }) => `${kind.kind} "${object.metadata.name}"`);
  const kind = `${pipeline?.kind.kind ?? 'Pipeline'}Run`;
  const field = kind === 'TaskRun' ? 'taskRef' : 'pipelineRef';
  const name = pipeline?.object.metadata.name ?? 'NAME';
  throw new SlipwayError(
    'invalid',
    'NothingToRun',
    `The input creates no run: it has only ${named.slice(0, 5).join(', ')}${named.length > 5 ? ', …' : ''}.`,
    {
      hint:
        `Add a document that starts it:\n` +
        `  ---\n  apiVersion: tekton.dev/v1\n  kind: ${kind}\n  metadata:\n    generateName: ${name}-\n  spec:\n    ${field}:\n      name: ${name}\n` +
        `To keep it on a running platform instead: kubectl apply -f FILE.`,
    },
  );
}

/** Ctrl-C once cancels, twice leaves; SIGTERM counts as one. */
class Interrupts {
  count = 0;
  onFirst: () => void = () => process.exit(EXIT.interrupted);
  onSecond: () => void = () => {};
  readonly #listener = (): void => {
    this.count++;
    if (this.count === 1) this.onFirst();
    else if (this.count === 2) this.onSecond();
    else process.exit(EXIT.interrupted);
  };

  constructor() {
    process.on('SIGINT', this.#listener);
    process.on('SIGTERM', this.#listener);
  }

  end(): void {
    process.off('SIGINT', this.#listener);
    process.off('SIGTERM', this.#listener);
  }
}
