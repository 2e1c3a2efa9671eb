// A remote reference on a platform of real processes, whose resources service is killed while it fetches.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDone, succeeded, type PipelineRun, type ResolutionRequest } from '@slipway/contracts';
import { eventually } from '@slipway/testing';
import { ApiClient } from '../apps/cli/src/api/client.js';
import { findAccess } from '../apps/cli/src/api/kubeconfig.js';
import { prepareServices, type Services } from '../scripts/services.mjs';

const API = '/apis/tekton.dev/v1/namespaces/default';
const REQUESTS = '/apis/resolution.tekton.dev/v1beta1/namespaces/default/resolutionrequests';
const DEADLINE_MS = 60_000;

let folder: string;
let services: Services;
let client: ApiClient;
let web: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-resolution-'));
  web = createServer();
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  services = await prepareServices({
    dataDir: folder,
    output: 'files',
    env: { resources: { ALLOWED_NETWORKS: '127.0.0.1' } },
  });
  await services.startAll();
  client = new ApiClient(
    await findAccess({ kubeconfig: services.kubeconfig }, { dataDir: folder, kubeconfigs: [] } as never),
  );
}, DEADLINE_MS);
afterAll(async () => {
  await services.stopAll();
  web.closeAllConnections();
  web.close();
  rmSync(folder, { recursive: true, force: true });
  client.close();
}, DEADLINE_MS);

test('a run goes on when the resources service is killed in the middle of a resolution', async () => {
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/pipeline.yaml`;
  const asked = async (): Promise<ServerResponse> => ((await once(web, 'request')) as [unknown, ServerResponse])[1];
  const first = asked();
  await client.call(`${API}/pipelineruns`, {
    method: 'POST',
    body: {
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      metadata: { name: 'far', namespace: 'default' },
      spec: { pipelineRef: { resolver: 'http', params: [{ name: 'url', value: url }] } },
    },
  });
  await first; // and it is never answered
  const before = await requests();
  expect(before.map((request) => succeeded(request)?.reason)).toEqual(['ResolutionInProgress']);
  await services.kill('resources', 'SIGKILL');
  const second = asked();
  await services.start('resources');
  const steps = [{ name: 's', image: 'busybox', script: 'echo here' }];
  const spec = { tasks: [{ name: 'say', taskSpec: { steps } }] };
  (await second).end(JSON.stringify({ apiVersion: 'tekton.dev/v1', kind: 'Pipeline', metadata: { name: 'p' }, spec }));
  const run = await eventually(
    async () => {
      const found = await client.call<PipelineRun>(`${API}/pipelineruns/far`);
      if (!isDone(found)) throw new Error(JSON.stringify(found.status?.conditions));
      return found;
    },
    { deadlineMs: 40_000 },
  );
  expect(succeeded(run)).toMatchObject({ status: 'True', reason: 'Succeeded' });
  const after = await requests();
  expect(after.map(({ metadata }) => metadata.uid)).toEqual(before.map(({ metadata }) => metadata.uid));
  expect(after.map((request) => succeeded(request)?.reason)).toEqual(['ResolutionSuccessful']);
}, 90_000);

async function requests(): Promise<ResolutionRequest[]> {
  return (await client.call<{ items: ResolutionRequest[] }>(REQUESTS)).items;
}
