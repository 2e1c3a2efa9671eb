// One request and its answer, free of any HTTP library: what handlers see, and what they return.

import type { IncomingHttpHeaders } from 'node:http';
import type { User } from './authentication.js';
import type { Target } from './request-target.js';

/** What is known of a request before its body is read. */
export interface Admission {
  /** Stands in the log and in the answer's `Audit-ID`: the cluster's own, where its API server sends the request. */
  id: string;
  startedMs: number;
  method: string;
  query: URLSearchParams;
  path: string;
  target: Target;
  user: User;
  leave: () => void;
}

export interface ApiRequest {
  /** Stands in the log, and in the answer's `Audit-ID`. */
  id: string;
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Uint8Array;
  user: User;
  /** Aborts when the client has gone or the server stops. */
  signal: AbortSignal;
}

export type Answer =
  /** Rendered as JSON, or YAML where the client prefers it. */
  | { kind: 'value'; status: number; value: unknown; contentType?: string; warnings?: readonly string[] }
  /** JSON that is there as text already. */
  | { kind: 'text'; status: number; contentType: string; text: string; headers?: Record<string, string> }
  /** Chunks as they come; the next is asked for when the client has taken the one before. */
  | {
      kind: 'stream';
      status: number;
      contentType: string;
      chunks: AsyncIterable<string | Uint8Array>;
      longRunning: boolean;
    };

export function value(status: number, body: unknown, warnings: readonly string[] = []): Answer {
  return { kind: 'value', status, value: body, warnings };
}

/** A `true` in a query: `?follow`, `?follow=true`, `?follow=1`. */
export function flag(query: URLSearchParams, name: string): boolean {
  return ['true', '1', ''].includes(query.get(name)?.toLowerCase() ?? 'false');
}
