import { ANNOTATIONS, SlipwayError, succeeded, type Param, type PipelineRun } from '@slipway/contracts';
import { ApiClient } from '../api/client.js';
import { findRun } from '../api/find-run.js';
import { followRun } from '../api/follow-run.js';
import { pathOf } from '../api/run-kind.js';
import { findAccess, type Target } from '../api/kubeconfig.js';
import type { CliConfig } from '../config.js';
import { againOf, unknownParams } from '../core/rerun.js';
import { EXIT } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import { RunView } from '../view/run-view.js';

export interface RerunOptions extends Target {
  param: string[];
  /** What succeeded does not run again. */
  failed?: boolean;
}

/** `slipway rerun RUN`: the same run again, with other params where they are given; followed to its end. */
export async function rerun(
  args: string[],
  options: RerunOptions,
  config: CliConfig,
  terminal: Terminal,
): Promise<number> {
  const client = new ApiClient(await findAccess(options, config));
  const { ref, run } = await findRun(client, args[0] ?? '');
  if (ref.kind !== 'PipelineRun') {
    throw new SlipwayError(
      'invalid',
      'NotAPipelineRun',
      `"${ref.name}" is a TaskRun, and only PipelineRuns run again.`,
    );
  }
  const params = options.param.map(parsed);
  const [unknown] = unknownParams(run as PipelineRun, params);
  if (unknown !== undefined) {
    throw new SlipwayError('invalid', 'NoSuchParam', `--param ${unknown}: "${ref.name}" has no such param.`, {
      hint: `slipway describe ${ref.name} shows those that it was given.`,
    });
  }
  const again = againOf(run as PipelineRun, params, options.failed === true);
  const made = await client.call<PipelineRun>(pathOf(ref), { method: 'POST', body: again });
  const view = new RunView(terminal);
  const name = made.metadata.name;
  view.say(`pipelinerun/${name} created, ${ANNOTATIONS.rerunOf} ${ref.name}`);
  const newRef = { ...ref, name };
  view.add(newRef);
  const followed = await followRun(client, newRef, view, new AbortController().signal);
  view.end();
  return succeeded(followed.run)?.status === 'True' ? EXIT.succeeded : EXIT.failed;
}

/** `name=value`; a value that is a JSON list or map is one, all else is text. */
function parsed(text: string): Param {
  const at = text.indexOf('=');
  if (at < 1) throw new SlipwayError('invalid', 'BadParam', `--param ${text}: must be NAME=VALUE.`);
  const value = text.slice(at + 1);
  return { name: text.slice(0, at), value: /^[[{]/.test(value) ? valueOf(value) : value };
}

function valueOf(text: string): Param['value'] {
  try {
    return JSON.parse(text) as Param['value']; // the server refuses what no param can be
  } catch {
    return text;
  }
}
