// The certificates of a data folder: an authority made once, and a server certificate that it signed.

import 'reflect-metadata';
import { X509Certificate, webcrypto } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { writePrivate } from './credentials.js';

export interface Certificates {
  certFile: string;
  keyFile: string;
  /** PEM of the authority, for clients. */
  ca: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 24 * 60 * 60 * 1000;
const CA_DAYS = 3650;
/** Clients refuse longer ones. */
const SERVER_DAYS = 397;
const RENEW_BEFORE_DAYS = 30;

/** Makes what is missing, renews what is about to end; the authority stays, and with it every kubeconfig. */
export async function ensureCertificates(dataDir: string, host: string, nowMs: number): Promise<Certificates> {
  const folder = join(dataDir, 'tls');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const paths = {
    ca: join(folder, 'ca.pem'),
    caKey: join(folder, 'ca-key.pem'),
    cert: join(folder, 'server.pem'),
    key: join(folder, 'server-key.pem'),
  };
  x509.cryptoProvider.set(webcrypto);
  const names = ['localhost', '127.0.0.1', '::1', ...(['0.0.0.0', '::'].includes(host) ? [] : [host])];
  const there = await readAll(Object.values(paths));
  if (there !== undefined && isUsable(there[2]!, names, nowMs))
    return { certFile: paths.cert, keyFile: paths.key, ca: there[0]! };
  const authority = there === undefined ? await makeAuthority(nowMs) : await loadAuthority(there[0]!, there[1]!);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=slipway',
    issuer: authority.certificate.subject,
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + SERVER_DAYS * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        [...new Set(names)].map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
      ),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.BasicConstraintsExtension(false),
    ],
  });
  await writePrivate(paths.ca, authority.certificate.toString('pem'));
  await writePrivate(paths.caKey, await pemOf(authority.key));
  await writePrivate(paths.key, await pemOf(keys.privateKey));
  await writePrivate(paths.cert, certificate.toString('pem'));
  return { certFile: paths.cert, keyFile: paths.key, ca: authority.certificate.toString('pem') };
}

interface Authority {
  certificate: x509.X509Certificate;
  key: webcrypto.CryptoKey;
}

async function makeAuthority(nowMs: number): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=slipway local authority',
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + CA_DAYS * DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return { certificate, key: keys.privateKey };
}

async function loadAuthority(pem: string, keyPem: string): Promise<Authority> {
  const der = x509.PemConverter.decodeFirst(keyPem);
  const key = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign']);
  return { certificate: new x509.X509Certificate(pem), key };
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`;
}

function isUsable(pem: string, names: readonly string[], nowMs: number): boolean {
  const certificate = new X509Certificate(pem);
  if (Date.parse(certificate.validTo) - nowMs < RENEW_BEFORE_DAYS * DAY_MS) return false;
  return names.every(
    (name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined,
  );
}

async function readAll(paths: readonly string[]): Promise<string[] | undefined> {
  try {
    return await Promise.all(paths.map((path) => readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}
