// The certificates of a data folder: an authority made once, and a server certificate that it signed.

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureServerCertificate, type KeptCertificates } from '@slipway/certificates';
import { writePrivate } from './credentials.js';

export interface Certificates {
  certFile: string;
  keyFile: string;
  /** PEM of the authority, for clients. */
  ca: string;
}

/** Makes what is missing, renews what is about to end; the authority stays, and with it every kubeconfig. */
export async function ensureCertificates(dataDir: string, host: string, nowMs: number): Promise<Certificates> {
  const folder = join(dataDir, 'tls');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const paths = {
    ca: join(folder, 'ca.pem'),
    caKey: join(folder, 'ca-key.pem'),
    key: join(folder, 'server-key.pem'),
    cert: join(folder, 'server.pem'),
  };
  const names = ['localhost', '127.0.0.1', '::1', ...(['0.0.0.0', '::'].includes(host) ? [] : [host])];
  const kept = await readKept(paths);
  const certificates = await ensureServerCertificate(kept, names, nowMs);
  if (certificates !== kept) {
    for (const part of ['ca', 'caKey', 'key', 'cert'] as const) await writePrivate(paths[part], certificates[part]);
  }
  return { certFile: paths.cert, keyFile: paths.key, ca: certificates.ca };
}

async function readKept(paths: KeptCertificates): Promise<KeptCertificates | undefined> {
  try {
    const read = (path: string): Promise<string> => readFile(path, 'utf8');
    const [ca, caKey, cert, key] = await Promise.all([
      read(paths.ca),
      read(paths.caKey),
      read(paths.cert),
      read(paths.key),
    ]);
    return { ca, caKey, cert, key };
  } catch {
    return undefined;
  }
}
