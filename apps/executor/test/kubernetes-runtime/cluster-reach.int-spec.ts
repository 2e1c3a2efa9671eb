import { createLogger } from '@slipway/service';
import { eventually } from '@slipway/testing';
import { ApiClient } from '../../src/io/kubernetes-runtime/api-client.js';
import { ClusterReach } from '../../src/io/kubernetes-runtime/cluster-reach.js';
import { RateLimit } from '../../src/io/kubernetes-runtime/rate-limit.js';
import { ScriptedCluster } from './scripted-cluster.js';

const ALL = { method: 'GET', path: /./ };

describe('the reach of the cluster', () => {
  let cluster: ScriptedCluster;
  let reach: ClusterReach;
  const told: string[] = [];
  beforeEach(async () => {
    told.length = 0;
    cluster = await ScriptedCluster.start();
    const access = { server: cluster.url, options: () => Promise.resolve({}) };
    const limit = new RateLimit({ perSecond: 1000, burst: 1000 });
    reach = new ClusterReach({
      api: new ApiClient(access, limit, { requested: () => {} }),
      onLost: () => told.push('lost'),
      onFound: () => told.push('found'),
      logger: createLogger('executor', 'silent'),
      awayMs: 300,
    });
    reach.start();
  });
  afterEach(async () => {
    await reach.stop();
    await cluster.stop();
  });

  test('is lost when it answers nothing for a while, and found with the first answer', async () => {
    cluster.refuse({ ...ALL, code: 0, message: '' });
    await eventually(() => !reach.isThere);
    cluster.allow();
    await eventually(() => reach.isThere);
    expect(told).toEqual(['lost', 'found']);
  });

  test('is not lost because the server is busy', async () => {
    cluster.refuse({ ...ALL, code: 429, message: 'later', times: 5 });
    await eventually(() => cluster.requests.length > 6);
    expect(told).toEqual([]);
  });
});
