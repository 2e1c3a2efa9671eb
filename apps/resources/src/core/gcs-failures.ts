// Why objects of Cloud Storage could not be brought: a word for programs, from the status of the answer or what was found.

// prettier-ignore
const ROWS: readonly [reason: string, matches: (message: string, status: number | undefined) => boolean][] = [
  ['GcsAuthInvalid', (_, status) => status === 401 || status === 403],
  ['GcsObjectNotFound', (message, status) => status === 404 || /^there is (no object|nothing below)/.test(message)],
  ['GcsServerFailed', (_, status) => status !== undefined && (status >= 500 || status === 429)],
  ['GcsContentRefused', (message) => /leads out|on its way|device or a pipe|second name|more than \d+ (files|bytes)|digest|archive|manifest|checksum/i.test(message)],
];

export function gcsFailureReason(message: string, status?: number): string {
  return ROWS.find(([, matches]) => matches(message, status))?.[0] ?? 'GcsFailed';
}
