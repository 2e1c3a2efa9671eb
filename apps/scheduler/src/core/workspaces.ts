// Workspaces of the tasks of a run: what the run binds, given on to each TaskRun, and the claims made from templates.

import {
  md5Hex,
  type KubeObject,
  type OwnerReference,
  type PersistentVolumeClaim,
  type PipelineRun,
  type PipelineTask,
  type WorkspaceBinding,
} from '@slipway/contracts';
import type { CompiledPipeline, CompiledTask } from './compiled-pipeline.js';
import { copiesClaim } from './from-copies.js';
import type { Refusal } from './refusal.js';
import { shardLabels } from './shard-labels.js';

/** The run's PersistentVolumeClaims; their names follow from the run, so making them is idempotent. */
export function claimsOf(
  run: PipelineRun,
  { bindings, copies }: CompiledPipeline,
  owner: OwnerReference,
): KubeObject[] {
  const ofCopies = copies.size === 0 ? [] : [copiesClaim(run, owner)];
  const ofTemplates = bindings.flatMap((binding) => {
    const template = binding.volumeClaimTemplate;
    if (template === undefined) return [];
    const claim: PersistentVolumeClaim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: claimName(run, binding),
        namespace: run.metadata.namespace ?? '',
        labels: { ...template.metadata?.labels, ...shardLabels(run) },
        ...(template.metadata?.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
        ownerReferences: [owner],
      },
      spec: template.spec ?? {},
    };
    return [claim];
  });
  return [...ofTemplates, ...ofCopies];
}

/** What the claim of a template is called: `pvc-<hash>`, or `<template's name>-<hash>`. */
export function claimName(run: PipelineRun, binding: WorkspaceBinding): string {
  const hash = md5Hex(binding.name + (run.metadata.uid ?? '')).slice(0, 10);
  return `${binding.volumeClaimTemplate?.metadata?.name ?? 'pvc'}-${hash}`;
}

/** The bindings of the given uses, without those of workspaces that the run does not have. */
export function boundWorkspaces(
  run: PipelineRun,
  uses: NonNullable<PipelineTask['workspaces']>,
  bindings: readonly WorkspaceBinding[],
): WorkspaceBinding[] {
  return uses.flatMap((use) => {
    const name = use.workspace === undefined || use.workspace === '' ? use.name : use.workspace;
    const binding = bindings.find((one) => one.name === name);
    return binding === undefined ? [] : [bound(run, binding, use)];
  });
}

/** The bindings of one TaskRun; a refusal where the task needs a workspace that the run does not give. */
export function taskWorkspaces(
  run: PipelineRun,
  compiled: CompiledTask,
  task: PipelineTask,
  bindings: readonly WorkspaceBinding[],
): WorkspaceBinding[] | Refusal {
  const given: WorkspaceBinding[] = [];
  for (const use of [...(task.workspaces ?? []), ...propagated(task)]) {
    const name = use.workspace === undefined || use.workspace === '' ? use.name : use.workspace;
    const binding = bindings.find((one) => one.name === name);
    if (binding !== undefined) {
      given.push(bound(run, binding, use));
    } else if (compiled.spec?.workspaces?.find((declared) => declared.name === use.name)?.optional !== true) {
      const message = `expected workspace "${name}" to be provided by pipelinerun for pipeline task "${task.name}"`;
      return { reason: 'CreateRunFailed', message };
    }
  }
  return given;
}

function bound(
  run: PipelineRun,
  binding: WorkspaceBinding,
  use: NonNullable<PipelineTask['workspaces']>[number],
): WorkspaceBinding {
  const { volumeClaimTemplate, subPath, ...source } = binding;
  const joined = [subPath, use.subPath].filter((part) => part !== undefined && part !== '').join('/');
  return {
    ...source,
    ...(volumeClaimTemplate === undefined ? {} : { persistentVolumeClaim: { claimName: claimName(run, binding) } }),
    name: use.name,
    ...(joined === '' ? {} : { subPath: joined }),
  };
}

/** The workspaces that an inline task uses in its steps without asking for them, whether the run has them or not. */
function propagated(task: PipelineTask): NonNullable<PipelineTask['workspaces']> {
  if (task.taskSpec === undefined) return [];
  const { steps, sidecars, stepTemplate } = task.taskSpec;
  const text = JSON.stringify([steps, sidecars, stepTemplate]);
  const used = new Set(Array.from(text.matchAll(/\$\(workspaces\.([^.()"]+)\./g), (match) => match[1]!));
  for (const { name } of task.workspaces ?? []) used.delete(name);
  return [...used].map((name) => ({ name }));
}
