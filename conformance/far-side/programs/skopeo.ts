// `skopeo REGISTRY copy docker://HOST/IMAGE DESTINATION`: skopeo itself, sent to the registry that stands for all others
// with the credentials that the step has for HOST.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const [registry, ...args] = process.argv.slice(2);
const source = args.find((arg) => arg.startsWith('docker://'))?.slice('docker://'.length) ?? '';
const file = join(homedir(), '.docker/config.json');
const auths = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as { auths?: Record<string, { auth?: string }> }).auths
  : undefined;
const host = source.split('/', 1)[0]!;
const auth = (auths?.[host] ?? auths?.[`https://${host}`])?.auth;
const { status } = spawnSync(
  '/usr/bin/skopeo',
  [
    '--insecure-policy',
    ...args.map((arg) => (arg === `docker://${source}` ? arg.replace('docker://', `docker://${registry}/`) : arg)),
    '--src-tls-verify=false',
    ...(auth === undefined ? [] : ['--src-creds', Buffer.from(auth, 'base64').toString()]),
  ],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);
