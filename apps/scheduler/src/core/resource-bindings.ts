// PipelineResources of 2020: what the run binds to the pipeline, given on to each TaskRun.

import {
  type Param,
  type PipelineRun,
  type PipelineTask,
  type ResourceBinding,
  type TaskRunSpec,
} from '@slipway/contracts';
import type { CompiledPipeline, CompiledTask } from './compiled-pipeline.js';
import { copyPath } from './from-copies.js';

/** The resources of one TaskRun; undefined when its task takes and makes none. */
export function taskResources(
  run: PipelineRun,
  pipeline: CompiledPipeline,
  compiled: CompiledTask,
  { resources }: Pick<PipelineTask, 'resources'>,
): TaskRunSpec['resources'] {
  if (resources === undefined) return undefined;
  const inputs = (resources.inputs ?? []).flatMap((use) => inputBinding(run, pipeline, compiled, use) ?? []);
  const outputs = (resources.outputs ?? []).flatMap(({ name, resource }) => {
    const binding = bindingOf(run, pipeline, compiled, name, resource);
    const path = copyPath(compiled.task.name, resource);
    if (binding === undefined) return [];
    return [pipeline.copies.has(path) ? { ...binding, paths: [path] } : binding];
  });
  return { ...(inputs.length === 0 ? {} : { inputs }), ...(outputs.length === 0 ? {} : { outputs }) };
}

/** An input; one that is taken `from` other tasks is to be found where they copied it. */
export function inputBinding(
  run: PipelineRun,
  pipeline: CompiledPipeline,
  compiled: Pick<CompiledTask, 'spec'>,
  { name, resource, from }: { name: string; resource: string; from?: string[] },
): ResourceBinding | undefined {
  const binding = bindingOf(run, pipeline, compiled, name, resource);
  const paths = (from ?? []).map((task) => copyPath(task, resource)).filter((path) => pipeline.copies.has(path));
  return binding === undefined || paths.length === 0 ? binding : { ...binding, paths };
}

/** One resource by the name that the pipeline has for it; undefined where an optional one was not given. */
function bindingOf(
  run: PipelineRun,
  pipeline: CompiledPipeline,
  { spec }: Pick<CompiledTask, 'spec'>,
  name: string,
  resource: string,
): ResourceBinding | undefined {
  const bound = run.spec.resources?.find((binding) => binding.name === resource);
  if (bound !== undefined) return { ...bound, name };
  const isDeclared = pipeline.spec.resources?.some((declared) => declared.name === resource) === true;
  const wanted = [...(spec?.resources?.inputs ?? []), ...(spec?.resources?.outputs ?? [])];
  const isGit = wanted.some((declared) => declared.name === name && declared.type === 'git');
  const url = isDeclared || !isGit ? undefined : stringParam(run, pipeline, resource);
  return url === undefined ? undefined : { name, resourceSpec: { type: 'git', params: [{ name: 'url', value: url }] } };
}

/** A string parameter named like an undeclared git resource is that repository's URL: pipelines of books do so. */
function stringParam(run: PipelineRun, pipeline: CompiledPipeline, name: string): string | undefined {
  const given: Param | undefined = run.spec.params?.find((param) => param.name === name);
  const value = given?.value ?? pipeline.spec.params?.find((param) => param.name === name)?.default;
  return typeof value === 'string' ? value : undefined;
}
