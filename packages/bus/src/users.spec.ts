import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CUSTOM_RUNS_RPC, LOGS_RPC, RESOURCES_RPC, STORE_RPC, logsPeerRpc } from '@slipway/contracts';
import { CONSUMERS, STREAMS } from './streams.js';
import { BUS_SERVICES, rightsOf, usersConfig } from './users.js';

describe('rights of the services on the bus', () => {
  test('the manifests have them as the table does', () => {
    const path = join(import.meta.dirname, '../../../deploy/kubernetes/nats/users.conf');
    expect(readFileSync(path, 'utf8')).toBe(usersConfig());
  });

  test('every request has one service that answers it, and nobody asks what nobody answers', () => {
    const requests = [STORE_RPC, CUSTOM_RUNS_RPC, RESOURCES_RPC, LOGS_RPC].flatMap((rpc) => Object.values(rpc));
    for (const request of requests) {
      expect(BUS_SERVICES.filter((service) => rightsOf(service).subscribe.includes(request))).toHaveLength(1);
    }
    const asked = BUS_SERVICES.flatMap((service) => rightsOf(service).publish).filter((one) =>
      /^(store|customruns|resources|logs)\./.test(one),
    );
    expect([...requests, ...Object.values(logsPeerRpc('*'))]).toEqual(expect.arrayContaining(asked));
  });

  test('every stream that is no dead end is filled by one service', () => {
    for (const { subjects, name } of STREAMS.filter(({ name }) => name !== 'DEAD')) {
      const fillers = BUS_SERVICES.filter((service) => rightsOf(service).publish.includes(subjects[0]!));
      expect([name, fillers]).toEqual([name, [expect.any(String)]]);
    }
  });

  test('whoever may acknowledge a message is the service of that consumer', () => {
    for (const { service, stream } of CONSUMERS.map((of) => of('logs-0'))) {
      const acknowledging = BUS_SERVICES.filter((one) => rightsOf(one).publish.includes(`$JS.ACK.${stream}.*.>`));
      expect(acknowledging).toEqual([service]);
    }
  });

  test.each(BUS_SERVICES)(
    '%s hears no inbox but its own, and has nothing with a wildcard for a first word',
    (service) => {
      const { publish, subscribe } = rightsOf(service);
      expect(subscribe.filter((subject) => subject.startsWith('_INBOX'))).toEqual([`_INBOX.${service}.>`]);
      for (const subject of [...publish, ...subscribe]) expect(subject).toMatch(/^[$A-Za-z_-]+\./);
    },
  );
});
