// What every bus must do, as cases: they run on a real nats-server and on the in-memory stand-in.

import { callCases } from './bus-calls.contract.js';
import { connectionCases } from './bus-connection.contract.js';
import { consumeCases } from './bus-consume.contract.js';
import { followCases } from './bus-follow.contract.js';
import { publishCases } from './bus-publish.contract.js';
import { requestCases } from './bus-requests.contract.js';
import { BusCase, type BusWorld } from './bus-world.js';

/** Registers the cases with jest. */
export function busContract(name: string, open: () => Promise<BusWorld>): void {
  describe(`bus (${name})`, () => {
    let current: BusCase;
    beforeEach(async () => {
      current = await BusCase.open(await open());
    }, 60_000);
    afterEach(() => current.close(), 60_000);

    const at = new Proxy({} as BusCase, {
      get: (_, name) => {
        const value: unknown = Reflect.get(current, name, current);
        return typeof value === 'function' ? (value.bind(current) as unknown) : value;
      },
    });
    connectionCases(at);
    requestCases(at);
    callCases(at);
    publishCases(at);
    consumeCases(at);
    followCases(at);
  });
}
