import { APPROVALS, LABELS, SlipwayError, isDone, resourceKind, type Approval } from '@slipway/contracts';
import { ApiClient } from '../api/client.js';
import { findAccess, type Target } from '../api/kubeconfig.js';
import { objectPath } from '../api/paths.js';
import type { CliConfig } from '../config.js';
import { safeLine } from '../core/escapes.js';
import { EXIT } from '../exit-code.js';
import type { Terminal } from '../terminal.js';

export interface DecideOptions extends Target {
  message?: string;
}

/** `slipway approvals`: the questions that wait for an answer. */
export async function approvals(options: Target, config: CliConfig, terminal: Terminal): Promise<number> {
  const open = (await listed(new ApiClient(await findAccess(options, config)))).filter(isOpen);
  if (open.length === 0) terminal.out('nothing waits for approval\n');
  for (const approval of open) {
    const { approvers, required = 1, message, decisions = [] } = approval.spec;
    const { run, task } = placeOf(approval);
    const text = message === undefined ? '' : `  ${message}`;
    const line = `${run} ${task}: ${decisions.length} of ${required} of ${approvers.join(', ')}${text}`;
    terminal.out(`${safeLine(line.replace(/\s+/g, ' '), false)}\n`);
  }
  return EXIT.succeeded;
}

/** `slipway approve RUN [TASK]` and `slipway reject RUN [TASK]`: one decision, of the user whose token it is. */
export async function decide(
  decision: 'approve' | 'reject',
  args: string[],
  options: DecideOptions,
  config: CliConfig,
  terminal: Terminal,
): Promise<number> {
  const client = new ApiClient(await findAccess(options, config));
  const approval = chosen(await listed(client), args[0] ?? '', args[1]);
  const { message } = options;
  const value = { decision, ...(message === undefined ? {} : { message }) };
  await client.call(pathOf(client, approval.metadata.name), {
    method: 'PATCH',
    contentType: 'application/json-patch+json',
    body: [{ op: 'add', path: '/spec/decisions/-', value }],
  });
  terminal.out(`approval/${approval.metadata.name}: ${decision === 'approve' ? 'approved' : 'rejected'}\n`);
  return EXIT.succeeded;
}

/** The open question of a run. Errors name those that there are. */
function chosen(all: readonly Approval[], run: string, task: string | undefined): Approval {
  const ofRun = all.filter((approval) => placeOf(approval).run === run || approval.metadata.name === run);
  const open = ofRun.filter(isOpen).filter((approval) => task === undefined || placeOf(approval).task === task);
  const [only, ...others] = open;
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) {
    const hint = `Name one of its tasks: ${open.map((approval) => placeOf(approval).task).join(', ')}.`;
    throw new SlipwayError('invalid', 'Ambiguous', `"${run}" waits for ${open.length} approvals.`, { hint });
  }
  const what = task === undefined ? '' : ` in task "${task}"`;
  const ended = ofRun.length > 0 ? ' any more' : '';
  throw new SlipwayError('not-found', 'NotFound', `"${run}" waits for no approval${what}${ended}.`, {
    hint: '`slipway approvals` shows what waits.',
  });
}

async function listed(client: ApiClient): Promise<Approval[]> {
  return (await client.call<{ items: Approval[] }>(pathOf(client))).items;
}

function pathOf(client: ApiClient, name?: string): string {
  return objectPath(resourceKind(APPROVALS)!, 'v1alpha1', client.access.namespace, name);
}

function placeOf({ metadata }: Approval): { run: string; task: string } {
  return {
    run: metadata.labels?.[LABELS.pipelineRun] ?? metadata.name,
    task: metadata.labels?.[LABELS.pipelineTask] ?? '',
  };
}

function isOpen(approval: Approval): boolean {
  return !isDone(approval);
}
