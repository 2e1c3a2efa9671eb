import { SlipwayError } from '@slipway/contracts';

/** Why an address leads nowhere. */
export function unfetchable(message: string, hint?: string, cause?: unknown): SlipwayError {
  return new SlipwayError('not-found', 'FetchFailed', message, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
