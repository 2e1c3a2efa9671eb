import { SlipwayError } from '@slipway/contracts';
import type { ObjectStore } from '../object-store.js';

/**
 * Opens a database that may still be starting, as all parts of an installation do at once: asked again, after `pause`, for as
 * long as it cannot be reached. What is wrong with it otherwise is thrown at once.
 */
export async function openPatiently(
  open: () => Promise<ObjectStore>,
  pause: (error: SlipwayError) => Promise<void>,
): Promise<ObjectStore> {
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.reason !== 'DatabaseUnavailable') throw error;
      await pause(error);
    }
  }
}
