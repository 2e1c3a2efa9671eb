// One attempt to hand a CloudEvent to its target: CloudEvents 1.0 over HTTP in binary mode, as Tekton sends them.
// Whether there is another attempt is decided by who asks, which keeps what became of each in the status of its run.

import type { NetworkGuard } from '@slipway/guarded-http';
import { asSlipwayError, type DeliverReply, type DeliverRequest } from '@slipway/contracts';
import { guardedRequest } from './guarded-request.js';

const TIMEOUT_MS = 5_000;
/** Nobody reads what a target answers; it must not fill the memory either. */
const MAX_ANSWER_BYTES = 1 << 20;

export class EventDelivery {
  constructor(private readonly guard: NetworkGuard) {}

  /** Every failure is an answer: that of the target, of the way to it, and that nobody may reach it. */
  async deliver(request: DeliverRequest): Promise<DeliverReply> {
    try {
      return await this.#post(request);
    } catch (thrown) {
      const { message, hint } = asSlipwayError(thrown);
      return { problem: hint === undefined ? message : `${message} ${hint}` };
    }
  }

  async #post({ target, event }: DeliverRequest): Promise<DeliverReply> {
    const { data, id, source, type, subject, time } = event;
    const url = new URL(target);
    const { status } = await guardedRequest(this.guard, {
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        'ce-specversion': '1.0',
        'ce-id': id,
        'ce-source': source,
        'ce-type': type,
        'ce-subject': subject,
        'ce-time': time,
      },
      body: Buffer.from(JSON.stringify(data)),
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_ANSWER_BYTES,
    });
    return status >= 200 && status < 300 ? {} : { problem: `${url.origin} answered with status ${status}.` };
  }
}
