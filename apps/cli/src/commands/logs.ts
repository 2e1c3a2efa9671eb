import { LABELS, SlipwayError } from '@slipway/contracts';
import { ApiClient } from '../api/client.js';
import { findRun } from '../api/find-run.js';
import { followRun } from '../api/follow-run.js';
import type { LogLineOf } from '../api/observer.js';
import { printNow } from '../api/print-logs.js';
import { findAccess, type Target } from '../api/kubeconfig.js';
import type { CliConfig } from '../config.js';
import { safeLine } from '../core/escapes.js';
import { ShownNotices } from '../core/shown-notices.js';
import { EXIT } from '../exit-code.js';
import { painter, type Terminal } from '../terminal.js';

export interface LogsOptions extends Target {
  follow?: boolean;
  timestamps?: boolean;
}

/** `slipway logs NAME [TASK] [STEP]`: what is there; with `-f`, until the run has ended. */
export async function logs(
  args: string[],
  options: LogsOptions,
  config: CliConfig,
  terminal: Terminal,
): Promise<number> {
  const [name = '', task, step] = args;
  const client = new ApiClient(await findAccess(options, config));
  const paint = painter(terminal.colors);
  const notices = new ShownNotices();
  let printed = 0;
  const onLine = (line: LogLineOf): void => {
    if (notices.repeats(line, options.timestamps === true)) return;
    printed++;
    const prefix = step === undefined ? `${paint('dim', `[${line.task} : ${line.step}]`)} ` : '';
    // Into a file go the bytes as they are; a terminal is protected from them.
    const text = terminal.draws || terminal.colors ? safeLine(line.text, terminal.colors) : line.text;
    terminal.out(`${prefix}${text}\n`);
  };
  const onNotice = (text: string): void => terminal.err(`note: ${text}\n`);
  const { ref, run } = await findRun(client, name);
  const isWanted = (ofTask: string, ofStep: string): boolean =>
    (task === undefined || [ofTask, ofTask.replaceAll(/\[\d+\]/g, '')].includes(task) || ref.kind !== 'PipelineRun') &&
    (step === undefined || ofStep === step.replace(/^(build-)?step-/, ''));
  const wanted =
    ref.kind !== 'PipelineRun' && step === undefined && task !== undefined
      ? (_: string, ofStep: string) => ofStep === task
      : isWanted;
  const nothing = (): undefined => undefined;
  const observer = { onLine, onNotice, onRun: nothing, onTaskRun: nothing, onNested: nothing, onTaskEnd: nothing };
  const howTo = { wanted, ...(options.timestamps === true ? { timestamps: true } : {}) };
  const { taskRuns } =
    options.follow === true
      ? await followRun(client, ref, observer, new AbortController().signal, howTo)
      : await printNow(client, ref, run, observer, howTo);
  if (printed === 0 && task !== undefined && ref.kind === 'PipelineRun') {
    const tasks = [...new Set(taskRuns.map(({ metadata }) => metadata.labels?.[LABELS.pipelineTask] ?? metadata.name))];
    if (!tasks.includes(task)) {
      const hint = tasks.length === 0 ? 'No task of it has started.' : `Its tasks with logs are ${tasks.join(', ')}.`;
      throw new SlipwayError('not-found', 'NoSuchTask', `${ref.kind} "${ref.name}" has no log of a task "${task}".`, {
        hint,
      });
    }
  }
  return EXIT.succeeded;
}
