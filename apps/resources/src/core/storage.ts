// A storage resource: objects of Google Cloud Storage as files, and files as objects. `gcs` copies them; `build-gcs` is the
// source of a build as Google's Cloud Build packs it: an archive, or a manifest of objects.

import { mirrorsEnv } from './git-mirrors.js';
import { RESOURCE_STEPS_IMAGE } from '@slipway/contracts';
import { invalid, param, stepName, type BoundResource } from './bound-resource.js';
import type { Addition, PlanContext } from './resource-type.js';
import { SECRET_FILES, secretFiles } from './secret-files.js';

export const STORAGE_API = 'https://storage.googleapis.com';

/** What becomes of an object that `build-gcs` fetches; `Archive` is the older name of ZipArchive. */
export const ARTIFACT_TYPES = ['ZipArchive', 'TarGzArchive', 'Manifest', 'Archive'] as const;

const CREDENTIALS = 'google_application_credentials';

export function storageStep(
  mode: 'download' | 'upload',
  resource: BoundResource,
  { seed, mirrors }: PlanContext,
): Addition {
  const { resourceName, spec, path } = resource;
  const wrong = (problem: string): Error => invalid(`storage resource "${resourceName}": ${problem}`);
  const type = spec.type === 'storage' ? (param(spec, 'type') ?? '') : spec.type;
  const location = param(spec, 'location') ?? '';
  const artifactType = param(spec, 'artifactType');
  if (type !== 'gcs' && type !== 'build-gcs') throw wrong(`type must be gcs or build-gcs, not "${type}"`);
  if (!isLocation(location)) throw wrong(`location "${location}" has not the form gs://BUCKET/OBJECT`);
  if (type === 'build-gcs') {
    if (!ARTIFACT_TYPES.some((known) => known === artifactType)) {
      throw wrong(`artifactType must be one of ${ARTIFACT_TYPES.join(', ')}, not "${artifactType ?? ''}"`);
    }
    if (mode === 'upload' && artifactType !== 'Manifest') {
      throw wrong(`an output of type build-gcs is a Manifest, not a ${artifactType}`);
    }
  }
  const isDir = (param(spec, 'dir') ?? 'false').toLowerCase() !== 'false'; // Tekton takes any text for yes
  const { volumes, volumeMounts } = secretFiles(resource, [CREDENTIALS], seed);
  return {
    steps: [
      {
        name: stepName(mode === 'download' ? 'fetch' : 'upload', resourceName, seed),
        image: RESOURCE_STEPS_IMAGE,
        command: ['/ko-app/gcs'],
        args: [
          ...['-mode', mode, '-location', location, '-path', path],
          ...(type === 'gcs' && isDir ? ['-dir=true'] : []),
          ...(type === 'build-gcs' ? ['-artifactType', artifactType!] : []),
          ...(volumes.length === 0 ? [] : ['-credentials', `${SECRET_FILES}/${CREDENTIALS}`]),
        ],
        env: mirrorsEnv(mirrors, [`${STORAGE_API}/`, 'https://oauth2.googleapis.com/']),
        workingDir: '/workspace',
        ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
      },
    ],
    volumes,
  };
}

/** gs://bucket, gs://bucket/object, gs://bucket/folder/*. */
function isLocation(location: string): boolean {
  return /^gs:\/\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](\/[^\u0000-\u001f]*)?$/.test(location);
}
