// Node's codes for a certificate that is not accepted: OpenSSL's words for what is wrong with it (X509_V_ERR_*), names that do
// not fit, and alerts of the other side. A handshake that takes too long is none of them.
const CODES =
  /CERT|SSL|SELF_SIGNED|LEAF_SIGNATURE|ISSUER_PUBLIC_KEY|^CRL_|_CRL|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH|^HOSTNAME_MISMATCH$/;

/** Whether a connection failed because of a certificate, ours or theirs: waiting does not help, renewing one does. */
export function isCertificateFailure(code: string): boolean {
  return CODES.test(code);
}
