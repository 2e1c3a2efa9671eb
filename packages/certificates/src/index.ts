export { ensureServerCertificate, type KeptCertificates } from './server-certificate.js';
