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
  const stepName = ref.kind === 'PipelineRun' ? step : (step ?? task);
  const isStep = (name: string): boolean => name === stepName || name === stepName?.replace(/^(build-)?step-/, '');
  const steps = new Set<string>(); // those with a log, of the task that is wanted
  const wanted = (ofTask: string, ofStep: string): boolean => {
    const isOfTask = task === undefined || [ofTask, ofTask.replaceAll(/\[\d+\]/g, '')].includes(task);
    if (!isOfTask && ref.kind === 'PipelineRun') return false;
    steps.add(ofStep);
    return stepName === undefined || isStep(ofStep);
  };
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
  if (stepName !== undefined && ![...steps].some(isStep)) {
    const hint = steps.size === 0 ? 'No step of it has started.' : `Its steps with logs are ${[...steps].join(', ')}.`;
    const of = ref.kind === 'PipelineRun' ? ` in task "${task ?? ''}"` : '';
    const message = `${ref.kind} "${ref.name}" has no log of a step "${stepName}"${of}.`;
    throw new SlipwayError('not-found', 'NoSuchStep', message, { hint });
  }
  return EXIT.succeeded;
}
