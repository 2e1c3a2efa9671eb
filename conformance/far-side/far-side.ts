// The far side of the example files, on this machine: the servers that they name stand below addresses of loopback, and
// every program is told so in the way that it offers its operators.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startGitServer } from '../../apps/resources/test/git-server.js';
import { startPullRequestServer } from '../../apps/resources/test/pull-request-server.js';
import { startStorageServer } from '../../apps/resources/test/storage-server.js';
import { archives } from './archives.js';
import { makeRepositories } from './repositories.js';
import { DOCUMENT_HOSTS, makeDocuments } from './documents.js';
import { makeRegistry } from './registry.js';
import { writeStandIns, type StandIn } from './stand-ins.js';

export interface FarSide {
  /** Settings of git: `url.<ours>.insteadOf`, `https://github.com/`. */
  gitSettings: readonly (readonly [key: string, value: string])[];
  /** Variables for `slipway up`. */
  env: NodeJS.ProcessEnv;
  /** The images file for `slipway up --images`. */
  images: string;
  /** What stands in for images, for a cluster that is given images. */
  standIns: readonly StandIn[];
  /** Folder of the programs that stand in. */
  folder: string;
  stop(): Promise<void>;
}

/** The one private image's credentials are in the example files themselves. */
const PRIVATE = 'gcr.io/build-crd-testing/secret-sauce';

/** @param root of the checkout, with what it was built to; `host`: the address at which pods reach this machine */
export async function startFarSide(root: string, host = '127.0.0.1'): Promise<FarSide> {
  // Not below /tmp, which containers have to themselves: skopeo writes into an empty one only.
  const folder = mkdtempSync('/var/tmp/slipway-far-side-');
  const git = await startGitServer(undefined, host);
  makeRepositories(git);
  const registry = makeRegistry((repository, authorization) => repository !== PRIVATE || opens(authorization));
  registry.image(PRIVATE);
  registry.image('mirror.gcr.io/bash');
  const registryPort = await listen(registry.server, host);
  const documents = makeDocuments();
  const documentsPort = await listen(documents, host);
  const pullRequests = await startPullRequestServer({ repository: 'tektoncd/pipeline', number: 100 }, host);
  pullRequests.state.labels.push('approved');
  const storage = await startStorageServer(host);
  for (const [name, content] of archives(folder)) storage.objects.set(`build-crd-tests/${name}`, content);
  const gitSettings = [[`url.${git.url}/github.com/.insteadOf`, 'https://github.com/']] as const;
  const standIns = await writeStandIns(folder, {
    sources: join(root, 'conformance/far-side'),
    koApp: join(root, '.slipway/bin/ko-app'),
    gitSettings,
    registry: `${host}:${registryPort}`,
  });
  const images = join(folder, 'images.yaml');
  writeFileSync(images, JSON.stringify(standIns));
  return {
    gitSettings,
    env: {
      CLUSTER_RESOLVER_NAMESPACES: 'namespace-containing-task',
      DEFAULT_TASK_RUN_WORKSPACE_BINDING: 'emptyDir: {}',
      REMOTE_MIRRORS: [
        ...DOCUMENT_HOSTS.map((name) => `https://${name}/=http://${host}:${documentsPort}/${name}/`),
        `https://api.github.com/=${pullRequests.url}/`,
        storage.mirrors,
      ].join(','),
      GIT_CONFIG_COUNT: String(gitSettings.length),
      ...Object.fromEntries(
        gitSettings.flatMap(([key, value], i) => [
          [`GIT_CONFIG_KEY_${i}`, key],
          [`GIT_CONFIG_VALUE_${i}`, value],
        ]),
      ),
    },
    images,
    standIns,
    folder,
    async stop() {
      for (const server of [registry.server, documents]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      await Promise.all([git.close(), pullRequests.close(), storage.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The key of the service account, as the files have it. */
function opens(authorization: string | undefined): boolean {
  const [user, ...password] = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64')
    .toString()
    .split(':');
  return user === '_json_key' && password.join(':').includes('"project_id": "build-crd-testing"');
}

async function listen(server: Server, host: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}
