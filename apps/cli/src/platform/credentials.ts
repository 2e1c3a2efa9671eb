// The token of a data folder and the kubeconfig that carries it. Made once, kept readable for the owner alone.

import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { notWritten } from '../not-written.js';

export interface Credentials {
  token: string;
  /** What the registry reads: the token's digest and what it may do. */
  tokensFile: string;
}

/** The owner's token: everything, everywhere. Throws `invalid` when the folder cannot be made or written. */
export async function ensureCredentials(dataDir: string): Promise<Credentials> {
  const refused = notWritten(`The data folder ${dataDir}`, 'Give another one with --data.');
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch(refused);
  const tokenPath = join(dataDir, 'token');
  const token = (await readOr(tokenPath, '')).trim() || randomBytes(32).toString('base64url');
  await writePrivate(tokenPath, `${token}\n`).catch(refused);
  const tokensFile = join(dataDir, 'tokens.json');
  if ((await readOr(tokensFile, '')) === '') {
    const tokenSha256 = createHash('sha256').update(token).digest('hex');
    const rules = [{ namespaces: ['*'], resources: ['*'], verbs: ['*'] }];
    await writePrivate(
      tokensFile,
      `${JSON.stringify([{ tokenSha256, user: 'admin', groups: ['system:masters'], rules }], undefined, 2)}\n`,
    );
  }
  return { token, tokensFile };
}

/** Writes `<dataDir>/kubeconfig` and returns its path. */
export async function writeKubeconfig(
  dataDir: string,
  { server, token, ca }: { server: string; token: string; ca: string },
): Promise<string> {
  const path = join(dataDir, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'slipway',
    contexts: [{ name: 'slipway', context: { cluster: 'slipway', user: 'slipway', namespace: 'default' } }],
    clusters: [
      { name: 'slipway', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name: 'slipway', user: { token } }],
  };
  await writePrivate(path, `${JSON.stringify(config, undefined, 2)}\n`); // JSON is YAML
  return path;
}

async function readOr(path: string, otherwise: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return otherwise;
    throw error;
  });
}

/** Whole or not at all, and never readable for others in between. */
export async function writePrivate(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await chmod(`${path}.new`, 0o600);
  await rename(`${path}.new`, path);
}
