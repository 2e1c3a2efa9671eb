import { isCertificateFailure } from './certificate-failure.js';

test.each([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'CERT_REVOKED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_GET_CRL',
  'CRL_HAS_EXPIRED',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
])('%s is about a certificate', (code) => {
  expect(isCertificateFailure(code)).toBe(true);
});

test.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ERR_TLS_HANDSHAKE_TIMEOUT', 'ENOTFOUND', 'no answer'])(
  '%s is not about a certificate',
  (code) => {
    expect(isCertificateFailure(code)).toBe(false);
  },
);
