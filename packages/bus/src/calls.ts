// Calls over core NATS: no payload, no answer, nothing stored. Whoever hears one looks at what is stored.

import type { Subscription } from './bus.js';
import type { Connection } from './connection.js';

/** Best effort: without a connection nobody is called. */
export function call(connection: Connection, subject: string): void {
  if (connection.isReady) connection.nc.publish(subject);
}

export function onCall(connection: Connection, subject: string, listener: () => void): Subscription {
  const subscription = connection.nc.subscribe(subject, {
    callback: (error) => {
      if (error === null) return listener();
      connection.settings.logger.warn({ err: error, subject }, 'cannot hear calls on this subject');
    },
  });
  return {
    stop: () => {
      subscription.unsubscribe();
      return Promise.resolve();
    },
  };
}
