// References to artifacts of other tasks: `$(tasks.build.outputs.image)`.

import { variablesOfPipelineTask } from './result-references.js';
import type { Artifact, Artifacts, PipelineTask } from './tekton.js';

/** `tasks.<pipelineTask>.outputs.<artifact>` or `.inputs.<artifact>`. */
export interface ArtifactReference {
  pipelineTask: string;
  of: 'inputs' | 'outputs';
  artifact: string;
}

const ARTIFACT = /^tasks\.([^.]+)\.(inputs|outputs)\.([^.]+)$/;

/** The reference that an expression (without `$(` and `)`) is; undefined when it is something else. */
export function parseArtifactReference(expression: string): ArtifactReference | undefined {
  const [, pipelineTask, of, artifact] = ARTIFACT.exec(expression) ?? [];
  if (pipelineTask === undefined) return undefined;
  return { pipelineTask, of: of as ArtifactReference['of'], artifact: artifact! };
}

/** The artifacts of other tasks that a pipeline task takes. */
export function artifactReferencesOf(task: PipelineTask): ArtifactReference[] {
  return variablesOfPipelineTask(task).flatMap((expression) => parseArtifactReference(expression) ?? []);
}

/** What the variable stands for: the artifact's values as JSON, keys as Go writes them; undefined when it is not there. */
export function artifactText(artifacts: Artifacts, { of, artifact }: ArtifactReference): string | undefined {
  const found = artifacts[of]?.find(({ name }) => name === artifact);
  return found === undefined ? undefined : JSON.stringify((found.values ?? []).map(sortedValue));
}

function sortedValue({ uri, digest }: NonNullable<Artifact['values']>[number]): object {
  const digests = Object.entries(digest ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...(digests.length === 0 ? {} : { digest: Object.fromEntries(digests) }),
    ...(uri === undefined ? {} : { uri }),
  };
}
