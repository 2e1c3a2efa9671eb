import { startHealthServer } from './health-server.js';
import { Metrics, busMetrics } from './metrics.js';

test('a service answers for its health, its readiness and its metrics, and for nothing else', async () => {
  let isReady = false;
  const metrics = new Metrics('logs', { process: true });
  const bus = busMetrics(metrics);
  bus.consumed!('logs', 'term', 3, 12);
  bus.published!('log', 1);
  const server = await startHealthServer({ port: 0, isReady: () => isReady, metrics });
  const get = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return [response.status, await response.text()];
  };
  expect(await get('/healthz')).toEqual([200, 'ok']);
  expect(await get('/readyz')).toEqual([503, 'not ready']);
  isReady = true;
  expect(await get('/readyz?verbose')).toEqual([200, 'ok']);
  const [status, text] = await get('/metrics');
  expect(status).toBe(200);
  expect(text).toContain('slipway_bus_dead_letters_total{durable="logs",service="logs"} 1');
  expect(text).toContain('slipway_bus_redelivered_total{durable="logs",service="logs"} 1');
  expect(text).toContain('slipway_bus_published_seconds_count{service="logs",root="log"} 1');
  expect(text).toContain('process_cpu_seconds_total');
  expect((await get('/secrets'))[0]).toBe(404);
  await server.close();
});

test('a port that is taken is an error at the start', async () => {
  const metrics = new Metrics('logs');
  const first = await startHealthServer({ port: 0, isReady: () => true, metrics });
  await expect(startHealthServer({ port: first.port, isReady: () => true, metrics })).rejects.toThrow('EADDRINUSE');
  await first.close();
});

test('dead letters are counted from 0, so that what watches the counter grow sees the first', async () => {
  const metrics = new Metrics('logs');
  busMetrics(metrics).pending!('logs', 0);
  expect(await metrics.render()).toContain('slipway_bus_dead_letters_total{durable="logs",service="logs"} 0');
});
