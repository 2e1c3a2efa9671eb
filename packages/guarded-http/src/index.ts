export { gunzipLimited, readLimited } from './limited.js';
export { NetworkGuard, isNetwork } from './network-guard.js';
export {
  RemoteHttp,
  basicAuth,
  httpUrl,
  redacted,
  type RemoteRequest,
  type RemoteResponse,
  type RemoteStream,
} from './remote-http.js';
export { unfetchable } from './unfetchable.js';
