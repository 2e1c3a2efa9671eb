// Builds and templates of all files: read once as plain values, before anything is changed.

import { valueOf } from './tree.js';
import { buildAsRun } from './build.js';
import { templateAsTask } from './build-template.js';
import type { FileObject } from './files.js';
import { BUILD_API_VERSION, type Build, type BuildTemplate } from '@slipway/contracts';

const TEMPLATE_KINDS: ReadonlySet<string> = new Set(['BuildTemplate', 'ClusterBuildTemplate']);

export interface KnativeStep {
  object: FileObject;
  convert: () => void;
}

/** What is to be done to each Build and template, templates first. */
export function knativeConversions(objects: readonly FileObject[], sharedNamespace: string): KnativeStep[] {
  const own = objects.filter(({ group, version }) => `${group}/${version}` === BUILD_API_VERSION);
  const builds = own.filter(({ kind }) => kind === 'Build');
  const templates = own.filter(({ kind }) => TEMPLATE_KINDS.has(kind));
  const plainBuilds = new Map(builds.map((object) => [object, withSpec<Build>(object)]));
  const plainTemplates = templates.map((object) => ({ object, plain: withSpec<BuildTemplate>(object) }));
  const usedBy = ({ spec: { template } }: Build): BuildTemplate | undefined =>
    plainTemplates.find(
      ({ object }) => object.name === template?.name && object.kind === (template.kind ?? 'BuildTemplate'),
    )?.plain;
  return [
    ...templates.map((object) => ({
      object,
      convert: () => templateAsTask(object, [...plainBuilds.values()], sharedNamespace),
    })),
    ...builds.map((object) => {
      const plain = plainBuilds.get(object)!;
      return { object, convert: () => buildAsRun(object, usedBy(plain), plain, sharedNamespace) };
    }),
  ];
}

function withSpec<T>({ tree }: FileObject): T {
  const value = valueOf(tree) as { spec?: unknown; metadata?: unknown };
  return { metadata: {}, spec: {}, ...value } as T;
}
