// Certificates that are kept somewhere: an authority made once, and a server certificate that it signed.

import 'reflect-metadata';
import { X509Certificate, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** PEM, all four. */
export interface KeptCertificates {
  ca: string;
  caKey: string;
  cert: string;
  key: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 24 * 60 * 60 * 1000;
const CA_DAYS = 3650;
/** Clients refuse longer ones. */
const SERVER_DAYS = 397;
const RENEW_BEFORE_DAYS = 30;

/**
 * Makes what is missing and renews what ends within 30 days; answers `kept` itself when there is nothing to do. The
 * authority stays as long as it lasts longer than what it signs, and with it everything that trusts it.
 *
 * @param names DNS names and addresses of the server
 */
export async function ensureServerCertificate(
  kept: KeptCertificates | undefined,
  names: readonly string[],
  nowMs: number,
): Promise<KeptCertificates> {
  if (kept !== undefined && isUsable(kept.cert, names, nowMs)) return kept;
  x509.cryptoProvider.set(webcrypto);
  const authority =
    kept === undefined || !authorityLasts(kept.ca, nowMs)
      ? await makeAuthority(nowMs)
      : await loadAuthority(kept.ca, kept.caKey);
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
  return {
    ca: authority.certificate.toString('pem'),
    caKey: await pemOf(authority.key),
    cert: certificate.toString('pem'),
    key: await pemOf(keys.privateKey),
  };
}

/** Whether an authority may still sign: it must not end before what it signs. */
function authorityLasts(pem: string, nowMs: number): boolean {
  return Date.parse(new X509Certificate(pem).validTo) > nowMs + SERVER_DAYS * DAY_MS;
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
