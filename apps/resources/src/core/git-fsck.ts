// What git looks for in the objects that it fetches: among others names of submodules and files that would be programs.

/** Problems of old and honest histories; everything else ends the fetch. */
const FORGIVEN = [
  'zeroPaddedFilemode',
  'missingSpaceBeforeDate',
  'badTimezone',
  'missingEmail',
  'missingSpaceBeforeEmail',
];

export const FSCK_SETTINGS: readonly [key: string, value: string][] = [
  ['fetch.fsckObjects', 'true'],
  ...FORGIVEN.map((problem): [string, string] => [`fetch.fsck.${problem}`, 'warn']),
];
