// A Build as the run of a task.
//
//   steps, with sources or not        TaskRun; sources are its first steps
//   a template                        TaskRun of the Task that the template becomes
//   a template and sources, or        PipelineRun of two tasks, `fetch` and `build`, with a workspace between them: a
//   sources with a subPath            Task cannot be given steps, and a subPath is one of a workspace's

import {
  durationMs,
  isBuildCancelled,
  replacePlaceholders,
  sourcesOf,
  templateRefusal,
  type Build,
  type BuildSpec,
  type BuildTemplate,
  type EnvVar,
  type TemplateUse,
} from '@slipway/contracts';
import { sourceSteps } from './build-sources.js';
import { SOURCE_WORKSPACE, addVolume, rewriteText } from './build-template.js';
import { buildDefaults, containerAsStep } from './container-step.js';
import { CannotConvert, type FileObject } from './files.js';
import { entry, item, listOf, mapOf, treeEntry } from './new-tree.js';
import { itemsAt, mapAt, put, putItems, rename, take, type MapEntry, type MapTree, type SeqEntry } from './tree.js';

const TEMPLATES = 'slipway.dev/templates';
const SHARED_CLAIM = {
  name: SOURCE_WORKSPACE,
  volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
};
/** What a Build has that says no timeout, or zero; Tekton's own default is an hour, and zero is for ever there. */
const TIMEOUT = '10m';

/** Rewrites a Build in place. `template` is the one it uses, when a file has it. */
export function buildAsRun(
  { tree }: FileObject,
  template: BuildTemplate | undefined,
  build: Build,
  sharedNamespace: string,
): void {
  const spec = mapAt(tree, 'spec');
  if (spec === undefined) throw new CannotConvert('it has no spec', 'Write one.', tree.offset);
  refuse(tree, build, template);
  const sources = sourcesOf(build.spec);
  const needsPipeline =
    sources.length > 0 && (build.spec.template !== undefined || sources.some(({ subPath }) => subPath));
  rewriteText(tree, 'apiVersion', 'tekton.dev/v1');
  rewriteText(tree, 'kind', needsPipeline ? 'PipelineRun' : 'TaskRun');
  take(tree, 'status');
  const parts = partsOf(spec);
  const steps = sourceSteps(sources, parts.sources).map(asStep);
  const pod = podOf(build.spec, template, parts);
  if (needsPipeline) put(spec, pipelineRun(build.spec, parts, steps, pod, sharedNamespace));
  else if (build.spec.template !== undefined) {
    put(spec, taskOf(build.spec.template, parts, sharedNamespace));
    put(spec, entriesOf('podTemplate', [...pod.node, ...pod.task]));
  } else {
    put(spec, [treeEntry('taskSpec', taskSpec(parts, steps)), ...entriesOf('podTemplate', pod.node)]);
  }
  if (parts.account !== undefined && !needsPipeline) put(spec, [parts.account]);
  if (isBuildCancelled(build)) put(spec, [entry('status', needsPipeline ? 'Cancelled' : 'TaskRunCancelled')]);
  const timeout = parts.timeout ?? entry('timeout', TIMEOUT, "Knative Build's default.");
  if (durationMs(String(build.spec.timeout)) === 0) timeout.value = entry('timeout', TIMEOUT).value;
  if (needsPipeline) {
    const lead = timeout.lead.splice(0);
    rename({ kind: 'map', entries: [timeout], offset: 0, indent: 2 }, 'timeout', 'pipeline');
    put(spec, [treeEntry('timeouts', mapOf(timeout), lead)]);
  } else put(spec, [timeout]);
}

function refuse(tree: MapTree, { metadata, spec }: Build, template: BuildTemplate | undefined): void {
  if (metadata.annotations?.[TEMPLATES] !== undefined) {
    const hint = 'Make a Pipeline of a task for each template.';
    throw new CannotConvert('it composes several templates, which is no single task', hint, tree.offset);
  }
  const [, second] = sourcesOf(spec).flatMap(({ subPath }, i) =>
    subPath ? [itemsAt(tree, 'spec', 'sources')[i]] : [],
  );
  if (second !== undefined) {
    const message = 'several of its sources have a subPath, and a task sees one part of a workspace';
    throw new CannotConvert(message, 'Leave a subPath to one of them.', second.offset);
  }
  const use = spec.template;
  const refusal =
    use === undefined || template === undefined ? undefined : templateRefusal({ use, template: template.spec });
  if (refusal === undefined) return;
  throw new CannotConvert(
    `it cannot run: ${refusal.message}`,
    'Correct it first.',
    mapAt(tree, 'spec', 'template')?.offset ?? tree.offset,
  );
}

/** The entries of a Build's spec, taken out of it. */
interface Parts {
  sources: MapTree[];
  steps: MapEntry | undefined;
  volumes: MapEntry | undefined;
  template: MapEntry | undefined;
  account: MapEntry | undefined;
  timeout: MapEntry | undefined;
  node: MapEntry[];
  /** Comments of what has no entry of its own any more. */
  lead: MapEntry['lead'];
}

function partsOf(spec: MapTree): Parts {
  const source = take(spec, 'source');
  const sources = take(spec, 'sources');
  const own = source?.value.kind === 'map' ? [source.value] : [];
  const lead = [...(source?.lead ?? []), ...(sources?.lead ?? [])];
  const parts: Parts = {
    sources: [...own, ...itemsAt(sources?.value)],
    steps: take(spec, 'steps'),
    volumes: take(spec, 'volumes'),
    template: take(spec, 'template'),
    account: take(spec, 'serviceAccountName'),
    timeout: take(spec, 'timeout'),
    node: ['nodeSelector', 'affinity'].flatMap((key) => take(spec, key) ?? []),
    lead,
  };
  for (const key of ['status', 'Status', 'generation']) take(spec, key);
  return parts;
}

/** Steps of the Build's own behind those of its sources. */
function taskSpec(parts: Parts, sources: readonly SeqEntry[]): MapTree {
  const steps = parts.steps?.value;
  const own = steps?.kind === 'seq' ? steps : listOf([]);
  for (const step of itemsAt(own)) containerAsStep(step);
  if (sources.length > 0) {
    putItems(own, sources, 0);
    own.entries[0]!.lead.unshift(...parts.lead);
  }
  const made = mapOf(buildDefaults(), parts.steps ?? treeEntry('steps', own), parts.volumes);
  addVolume(made);
  return made;
}

function asStep(listed: SeqEntry): SeqEntry {
  if (listed.value.kind === 'map') containerAsStep(listed.value);
  return listed;
}

/** The Task that the template is now, with the arguments as its params. */
function taskOf(use: TemplateUse, { template }: Parts, sharedNamespace: string): MapEntry[] {
  const given = template?.value.kind === 'map' ? take(template.value, 'arguments') : undefined;
  const isShared = use.kind === 'ClusterBuildTemplate';
  const ref = isShared
    ? {
        resolver: 'cluster',
        params: [
          { name: 'kind', value: 'task' },
          { name: 'name', value: use.name },
          { name: 'namespace', value: sharedNamespace },
        ],
      }
    : { name: use.name };
  const taskRef = entry('taskRef', ref);
  taskRef.lead.push(...(template?.lead ?? []));
  if (given === undefined) return [taskRef];
  return [taskRef, { ...given, key: 'params', keyText: 'params' }];
}

interface Pod {
  /** Where it runs: for every task. */
  node: MapEntry[];
  /** For the task of the template: env over that of its steps, and volumes that its parameters name. */
  task: MapEntry[];
}

function podOf({ template: use, volumes }: BuildSpec, template: BuildTemplate | undefined, parts: Parts): Pod {
  if (use === undefined) return { node: parts.node, task: [] };
  const values = new Map<string, string>();
  for (const parameter of template?.spec.parameters ?? []) {
    if (parameter.default !== undefined) values.set(parameter.name, parameter.default);
  }
  for (const { name, value } of use.arguments ?? []) values.set(name, value);
  const env = (use.env ?? []).map((one: EnvVar) =>
    one.value === undefined ? one : { ...one, value: replacePlaceholders(one.value, values) },
  );
  const own = new Set((template?.spec.volumes ?? []).map(({ name }) => replacePlaceholders(name, values)));
  const clash = (volumes ?? []).find(({ name }) => own.has(replacePlaceholders(name, values)));
  if (clash !== undefined) {
    throw new CannotConvert(
      `its volume ${JSON.stringify(clash.name)} stands in for one of its template, which a run of a Task cannot do`,
      'Name the volume by a parameter of the template, or remove it there.',
      parts.volumes?.offset ?? 0,
    );
  }
  const named = JSON.stringify(volumes ?? []).includes('${');
  const volume = named
    ? entry('volumes', JSON.parse(replacePlaceholders(JSON.stringify(volumes), values)))
    : parts.volumes;
  return {
    node: parts.node,
    task: [...(env.length > 0 ? [entry('env', env)] : []), ...(volume === undefined ? [] : [volume])],
  };
}

function entriesOf(key: string, entries: readonly MapEntry[]): MapEntry[] {
  return entries.length === 0 ? [] : [treeEntry(key, mapOf(...entries))];
}

/** Sources in one task, what is built of them in the next. */
function pipelineRun(
  build: BuildSpec,
  parts: Parts,
  sources: SeqEntry[],
  pod: Pod,
  sharedNamespace: string,
): MapEntry[] {
  const subPath = sourcesOf(build).find((source) => source.subPath)?.subPath;
  const declared = entry('workspaces', [{ name: SOURCE_WORKSPACE, mountPath: '/workspace' }]);
  const bound = { name: SOURCE_WORKSPACE, workspace: SOURCE_WORKSPACE };
  const fetchSpec = mapOf(declared, buildDefaults(), treeEntry('steps', listOf(sources)));
  const needsVolumes =
    sourcesOf(build).some(({ custom }) => custom?.volumeMounts !== undefined) && build.volumes !== undefined;
  if (needsVolumes) put(fetchSpec, [entry('volumes', build.volumes)]);
  addVolume(fetchSpec);
  const fetch = mapOf(entry('name', 'fetch'), treeEntry('taskSpec', fetchSpec), entry('workspaces', [bound]));
  const what =
    build.template === undefined
      ? [treeEntry('taskSpec', withWorkspace(taskSpec({ ...parts, lead: [] }, [])))]
      : taskOf(build.template, parts, sharedNamespace);
  const own = mapOf(
    entry('name', 'build'),
    entry('runAfter', ['fetch']),
    ...what,
    entry('workspaces', [subPath === undefined ? bound : { ...bound, subPath }]),
  );
  const tasks = treeEntry('tasks', listOf([{ ...item(fetch), lead: parts.lead }, item(own)]));
  const pipelineSpec = mapOf(entry('workspaces', [{ name: SOURCE_WORKSPACE }]), tasks);
  const template = entriesOf('taskRunTemplate', [
    ...(parts.account === undefined ? [] : [parts.account]),
    ...entriesOf('podTemplate', pod.node),
  ]);
  const specs =
    pod.task.length === 0
      ? []
      : [
          treeEntry(
            'taskRunSpecs',
            listOf([item(mapOf(entry('pipelineTaskName', 'build'), ...entriesOf('podTemplate', pod.task)))]),
          ),
        ];
  return [treeEntry('pipelineSpec', pipelineSpec), ...template, ...specs, entry('workspaces', [SHARED_CLAIM])];
}

function withWorkspace(spec: MapTree): MapTree {
  put(spec, [entry('workspaces', [{ name: SOURCE_WORKSPACE, mountPath: '/workspace' }])], 0);
  return spec;
}
