import { CHANGES, DEAD, LOGS, STREAMS } from '@slipway/bus';
import { holds, type BusCase } from './bus-world.js';
import { eventually } from './eventually.js';

/** See `busContract`. `at` is the world of the case that runs. */
export function connectionCases(at: BusCase): void {
  holds('tells of each reconnect once, when requests and streams can be used again', async () => {
    let reconnects = 0;
    let wasConnected = false;
    const forget = at.bus.onReconnect(() => {
      reconnects++;
      wasConnected = at.bus.isConnected();
    });
    expect(at.bus.isConnected()).toBe(true);
    await at.world.kill();
    await eventually(() => !at.bus.isConnected());
    await at.world.start();
    await eventually(() => reconnects === 1);
    expect(wasConnected).toBe(true);
    forget();
    await at.restart();
    await eventually(() => at.bus.isConnected());
    await at.bus.publish('change.1.a', {}, { id: 'x' });
    expect(reconnects).toBe(1);
  });

  holds('closes while the server is away, and fails what waits', async () => {
    await at.world.kill();
    const waiting = at.bus.publish('change.1.a', {}, { id: 'x' }).catch((error: unknown) => error);
    await at.bus.close();
    expect(await waiting).toMatchObject({ kind: 'transient' });
    await at.world.start();
  });

  holds('has a stream for every subject that is published', () => {
    expect(STREAMS.map((stream) => stream.name)).toEqual([CHANGES, LOGS, DEAD]);
  });
}
