import { ANNOTATIONS, SlipwayError, isDone, type TaskRun } from '@slipway/contracts';
import { ApiClient } from '../api/client.js';
import { findRun } from '../api/find-run.js';
import { pathOf } from '../api/run-kind.js';
import { findAccess, type Target } from '../api/kubeconfig.js';
import type { CliConfig } from '../config.js';
import { withDecision } from '../core/debug-decision.js';
import { EXIT } from '../exit-code.js';
import type { Terminal } from '../terminal.js';

/** `slipway debug DECISION TASKRUN STEP`: lets a step go on that waits at a breakpoint. */
export async function debug(
  [decision = '', name = '', step = '']: string[],
  options: Target,
  config: CliConfig,
  terminal: Terminal,
): Promise<number> {
  const client = new ApiClient(await findAccess(options, config));
  const { ref, run } = await findRun(client, name);
  if (ref.kind !== 'TaskRun') {
    throw new SlipwayError('invalid', 'NotATaskRun', `"${name}" is a ${ref.kind}; steps belong to its TaskRuns.`, {
      hint: `slipway describe ${name} names them.`,
    });
  }
  if (isDone(run)) {
    throw new SlipwayError('invalid', 'AlreadyDone', `TaskRun "${name}" has ended already.`, {
      hint: `slipway describe ${name} shows how.`,
    });
  }
  const annotations = { [ANNOTATIONS.debug]: withDecision(run as TaskRun, step, decision) };
  await client.call(pathOf(ref, ref.name), {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { metadata: { annotations } },
  });
  terminal.out(`taskrun/${ref.name}: step ${step} is told to ${decision}\n`);
  return EXIT.succeeded;
}
