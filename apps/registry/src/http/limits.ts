// The numbers that keep one client from taking the API from the others.

/** Kubernetes' own request limit: what fits through here fits through a cluster. */
export const BODY_LIMIT_BYTES = 3 * 1024 * 1024;
/** Of a body above the limit, so much is read and forgotten, so that the client gets to see why it is refused. */
export const DRAIN_LIMIT_BYTES = 64 * 1024 * 1024;
export const DRAIN_LIMIT_MS = 10_000;
/** Requests being answered at once, watches and followed logs aside; the rest is told to come back (429). */
export const IN_FLIGHT_LIMIT = 400;
/** Watches and followed logs at once: each holds a socket and a cursor. */
export const LONG_RUNNING_LIMIT = 5_000;
/** Objects of one `list` without `limit` are read in pages of this many. */
export const LIST_PAGE = 500;
/** A client that takes nothing of an answer for this long is let go. */
export const STALLED_ANSWER_MS = 60_000;
/** The same for watches and followed logs, which people pause. */
export const STALLED_STREAM_MS = 30 * 60_000;
