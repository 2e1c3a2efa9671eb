import { isDone, SlipwayError } from '@slipway/contracts';
import { ApiClient } from '../api/client.js';
import { cancelRun } from '../api/cancel-run.js';
import { findRun } from '../api/find-run.js';
import { findAccess, type Target } from '../api/kubeconfig.js';
import type { CliConfig } from '../config.js';
import { EXIT } from '../exit-code.js';
import type { Terminal } from '../terminal.js';

export interface CancelOptions extends Target {
  mode: 'now' | 'finally' | 'after';
}

/** `slipway cancel NAME`: asks for it and returns; the run ends by itself. */
export async function cancel(
  args: string[],
  options: CancelOptions,
  config: CliConfig,
  terminal: Terminal,
): Promise<number> {
  const client = new ApiClient(await findAccess(options, config));
  const { ref, run } = await findRun(client, args[0] ?? '');
  if (isDone(run)) {
    throw new SlipwayError('invalid', 'AlreadyDone', `${ref.kind} "${ref.name}" has ended already.`, {
      hint: `slipway describe ${ref.name} shows how.`,
    });
  }
  await cancelRun(client, ref, options.mode);
  terminal.out(`${ref.kind.toLowerCase()}/${ref.name} is being cancelled\n`);
  return EXIT.succeeded;
}
