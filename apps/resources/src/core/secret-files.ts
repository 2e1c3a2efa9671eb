// The secret fields of a PipelineResource (`secrets[]{fieldName, secretName, secretKey}`) as files that one step sees:
// never an argument, never a variable of the environment.

import { stableSuffix, type Volume, type VolumeMount } from '@slipway/contracts';
import { invalid, type BoundResource } from './bound-resource.js';

/** Where the step finds its files, named after the fields in lower case. */
export const SECRET_FILES = '/tekton/resource-secrets';

export interface SecretFiles {
  volumes: Volume[];
  volumeMounts: VolumeMount[];
  /** Fields that a secret gives, in lower case. */
  fields: ReadonlySet<string>;
}

/** @param known the fields that the type takes from secrets, in lower case; any other one is the user's mistake */
export function secretFiles(resource: BoundResource, known: readonly string[], seed: string): SecretFiles {
  const { resourceName, spec } = resource;
  const secrets = (spec.secrets ?? []).map((secret) => ({ ...secret, field: secret.fieldName.toLowerCase() }));
  const fields = new Set<string>();
  for (const { field, fieldName, secretName, secretKey } of secrets) {
    if (!known.includes(field)) {
      throw invalid(
        `resource "${resourceName}": a secret has the field "${fieldName}", and ${spec.type} has none such`,
        {
          hint: `There are: ${known.join(', ')}.`,
        },
      );
    }
    if (!secretName || !secretKey) {
      throw invalid(`resource "${resourceName}": the secret of field "${fieldName}" needs secretName and secretKey`);
    }
    if (fields.has(field)) throw invalid(`resource "${resourceName}": two secrets have the field "${fieldName}"`);
    fields.add(field);
  }
  if (secrets.length === 0) return { volumes: [], volumeMounts: [], fields };
  const name = `tekton-resource-secrets-${stableSuffix(`${seed}/secrets/${spec.type}/${resourceName}`, 16)}`;
  const sources = secrets.map(({ field, secretName, secretKey }) => ({
    secret: { name: secretName, items: [{ key: secretKey, path: field }] },
  }));
  return {
    volumes: [{ name, projected: { sources } }],
    volumeMounts: [{ name, mountPath: SECRET_FILES, readOnly: true }],
    fields,
  };
}
