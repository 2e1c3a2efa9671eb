// What `/ko-app/gcs` does: objects of Cloud Storage as files of a folder, and files as objects. The key of the service
// account comes as a file; without one only what everybody may read can be read.

import { readFileSync } from 'node:fs';
import { parseMirrors, type ToldFailure } from '@slipway/contracts';
import { gcsFailureReason } from '../../core/gcs-failures.js';
import { gcsLocation } from '../../core/gcs-location.js';
import { STORAGE_API } from '../../core/storage.js';
import { Bucket } from './bucket.js';
import { ServiceAccountToken } from './token.js';
import { fetchArtifact, fetchFolder, fetchObjects, sendFiles, sendFolder, sendManifest } from './transfer.js';
import { AnswerError, RestClient } from '../rest-client.js';
import { checkFolder } from '../workspace-folder.js';

const FLAGS = ['mode', 'location', 'path', 'dir', 'artifactType', 'credentials'];

/** @returns the exit code; why it is not 0 is told, too */
export async function gcs(
  args: readonly string[],
  mirrors: string,
  print: (words: string) => void,
  tell: (failure: ToldFailure) => void = () => undefined,
): Promise<number> {
  const fail = (message: string, code: number): number => {
    print(`gcs: ${message}\n`);
    return code;
  };
  const flags = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const [, name, value] = /^--?([A-Za-z]+)(?:=(.*))?$/s.exec(args[i]!) ?? [];
    if (name === undefined || !FLAGS.includes(name)) return fail(`unknown argument ${JSON.stringify(args[i])}`, 2);
    flags.set(name, value ?? args[++i] ?? '');
  }
  const mode = flags.get('mode');
  const folder = flags.get('path') ?? '';
  if (mode !== 'download' && mode !== 'upload') return fail('-mode must be download or upload', 2);
  if (!folder.startsWith('/')) return fail('-path must be absolute', 2);
  try {
    checkFolder(folder);
    const done = await (mode === 'download' ? download : upload)(clientOf(flags, mirrors), flags, folder);
    print(`${done}\n`);
    return 0;
  } catch (error) {
    const { message } = error as Error;
    tell({ reason: gcsFailureReason(message, error instanceof AnswerError ? error.status : undefined), message });
    return fail(message, 1);
  }
}

function clientOf(flags: ReadonlyMap<string, string>, pairs: string): (bucket: string) => Bucket {
  const mirrors = parseMirrors(pairs) ?? [];
  const file = flags.get('credentials');
  const token = file === undefined ? undefined : new ServiceAccountToken(readFileSync(file, 'utf8'), mirrors);
  const client = new RestClient({
    base: STORAGE_API,
    credentials: () => token?.header() ?? Promise.resolve({}),
    mirrors,
  });
  return (name) => new Bucket(client, name);
}

type Work = (
  bucketOf: (bucket: string) => Bucket,
  flags: ReadonlyMap<string, string>,
  folder: string,
) => Promise<string>;

const download: Work = async (bucketOf, flags, folder) => {
  const location = gcsLocation(flags.get('location') ?? '');
  const artifactType = flags.get('artifactType');
  if (artifactType !== undefined) {
    await fetchArtifact(bucketOf, location, artifactType, folder);
    return `${flags.get('location')} is unpacked in ${folder}`;
  }
  const count = await (flags.get('dir') === 'true' ? fetchFolder : fetchObjects)(bucketOf, location, folder);
  return `${count} of ${flags.get('location')} in ${folder}`;
};

const upload: Work = async (bucketOf, flags, folder) => {
  const location = gcsLocation(flags.get('location') ?? '');
  const isManifest = flags.get('artifactType') !== undefined;
  const send = isManifest ? sendManifest : flags.get('dir') === 'true' ? sendFolder : sendFiles;
  const count = await send(bucketOf, location, folder);
  return `${count} of ${folder} in ${flags.get('location')}`;
};
