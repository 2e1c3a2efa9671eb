// The TLS side of the server: its own certificate, and whose client certificates count. Both may change while it runs.
//
//   T1. A client without certificate, or with one that does not count, is let in as nobody in particular.
//   T2. A certificate counts as long as the authority that it was checked against is the present one, also on connections
//       that stay open.

import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

export interface ServerTls {
  cert: string | Buffer;
  key: string | Buffer;
  /** Absent: clients are not asked for a certificate. `ca`: PEM of the authorities that count; undefined: none does yet. */
  clients?: { ca: string | undefined };
}

export class ClientCertificates {
  /** Sockets whose certificate was checked against the present authority. */
  #checked = new WeakSet<Socket>();
  #clientCa: string | undefined;

  constructor(
    private readonly server: Server | TlsServer,
    tls: ServerTls | undefined,
  ) {
    this.#clientCa = tls?.clients?.ca;
    server.on('secureConnection', (socket: TLSSocket) => {
      if (socket.authorized) this.#checked.add(socket);
    });
  }

  /** How the server has to be made. */
  static optionsOf({ cert, key, clients }: ServerTls): object {
    if (clients === undefined) return { cert, key };
    return { cert, key, ca: authorities(clients.ca), requestCert: true, rejectUnauthorized: false }; // T1
  }

  use(tls: ServerTls): void {
    if (!('setSecureContext' in this.server)) return;
    const clientCa = tls.clients?.ca;
    this.server.setSecureContext({ cert: tls.cert, key: tls.key, ca: authorities(clientCa) });
    if (clientCa === this.#clientCa) return;
    this.#clientCa = clientCa;
    this.#checked = new WeakSet(); // T2
    this.server.closeIdleConnections();
  }

  /** The common name of the client on this connection; undefined unless its certificate counts. */
  nameOn(socket: Socket): string | undefined {
    if (!(socket instanceof TLSSocket) || !this.#checked.has(socket)) return undefined;
    const name: unknown = socket.getPeerCertificate().subject?.CN;
    return typeof name === 'string' && name !== '' ? name : undefined;
  }
}

/** An empty list: nobody is authorized. Without a list the machine's own authorities would count. */
function authorities(ca: string | undefined): string[] {
  return ca === undefined ? [] : [ca];
}
