import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Module } from '@nestjs/common';
import { MessagePattern, NatsRecordBuilder, Payload, ClientNats } from '@nestjs/microservices';
import { connectBus } from '@slipway/bus';
import { SlipwayError } from '@slipway/contracts';
import { firstValueFrom, of } from 'rxjs';
import { createLogger } from './logger.js';
import { startNatsServer } from './nats-server.js';
import { startModule } from './start-module.js';

@Controller()
class EchoController {
  @MessagePattern('test.echo')
  echo(@Payload() data: unknown): unknown {
    return { echo: data };
  }
  @MessagePattern('test.later')
  later(@Payload() data: unknown): unknown {
    return of(data);
  }
  @MessagePattern('test.refuse')
  refuse(): never {
    throw new SlipwayError('conflict', 'Changed', 'The object was changed.', { retryAfterMs: 7 });
  }
  @MessagePattern('test.bug')
  async bug(): Promise<never> {
    await Promise.resolve();
    throw new TypeError('secret detail');
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

test('controllers of a started module answer on the bus, errors whole, and a client of plain Nest understands them', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-module-'));
  const server = await startNatsServer({ storeDir: dir });
  const said: string[] = [];
  const logger = createLogger('test', 'warn', { write: (line) => void said.push(line) });
  const [bus, caller] = await Promise.all(['a', 'b'].map((name) => connectBus({ url: server.url, name, logger })));
  const module = await startModule(EchoModule, { logger, rpc: { bus: bus!, queue: 'test' } });

  expect(await caller!.request('test.echo', { a: 1 })).toEqual({ echo: { a: 1 } });
  expect(await caller!.request('test.later', 5)).toBe(5);
  await expect(caller!.request('test.refuse', {})).rejects.toMatchObject({
    kind: 'conflict',
    reason: 'Changed',
    retryAfterMs: 7,
  });
  await expect(caller!.request('test.bug', {})).rejects.toMatchObject({ kind: 'internal' });
  expect(said.join('')).toContain('secret detail'); // in the log, not in the answer

  const { hostname, port, username, password } = new URL(server.url);
  const nest = new ClientNats({ servers: [`${hostname}:${port}`], user: username, pass: password });
  await nest.connect();
  expect(await firstValueFrom(nest.send('test.echo', new NatsRecordBuilder({ b: 2 }).build()))).toEqual({
    echo: { b: 2 },
  });
  await nest.close();

  await module.close();
  await expect(caller!.request('test.echo', {})).rejects.toMatchObject({ reason: 'NobodyAnswers' });
  await Promise.all([bus!.close(), caller!.close()]);
  await server.stop();
  await rm(dir, { recursive: true, force: true });
}, 30_000);
