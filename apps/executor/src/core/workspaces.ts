// Workspaces: a run's bindings become volumes of the pod, and mounts of the steps and sidecars that may see them.
//
//   W1. A workspace that any step or sidecar names is isolated: only those who name it mount it.
//   W2. Two bindings of one claim share one volume: a node mounts a claim once.

import {
  SHARD_LABEL,
  md5Hex,
  type PersistentVolumeClaim,
  type Sidecar,
  type TaskRun,
  type TaskSpec,
  type Volume,
  type VolumeMount,
  type WorkspaceBinding,
  type WorkspaceDeclaration,
} from '@slipway/contracts';

/** Where the steps find the workspace. */
export function mountPathOf(declaration: Pick<WorkspaceDeclaration, 'name' | 'mountPath'>): string {
  const given = declaration.mountPath;
  return given === undefined || given === '' ? `/workspace/${declaration.name}` : given;
}

/** The volume of each binding, by workspace name. `claims` names the claim of each volumeClaimTemplate. */
export function workspaceVolumes(
  bindings: readonly WorkspaceBinding[],
  claims: ReadonlyMap<string, string> = new Map(),
): Map<string, Volume> {
  const volumes = new Map<string, Volume>();
  const names = new Map<string, string>();
  for (const binding of bindings) {
    const claimName = claims.get(binding.name) ?? binding.persistentVolumeClaim?.claimName;
    const identity = claimName === undefined ? `workspace/${binding.name}` : `claim/${claimName}`; // W2
    const name = names.get(identity) ?? `ws-${md5Hex(identity).slice(0, 5)}`;
    names.set(identity, name);
    volumes.set(binding.name, { name, ...volumeSource(binding, claimName) });
  }
  return volumes;
}

/** A run's bindings, and the default for each workspace that the task requires and the run does not bind. */
export function withDefaultBinding(
  declarations: readonly WorkspaceDeclaration[],
  bindings: readonly WorkspaceBinding[],
  fallback: Omit<WorkspaceBinding, 'name'>,
): WorkspaceBinding[] {
  const missing = declarations.filter(
    ({ name, optional }) => optional !== true && !bindings.some((binding) => binding.name === name),
  );
  return [...bindings, ...missing.map(({ name }) => ({ ...fallback, name }))];
}

/** The task with every bound workspace declared: an inline one need not declare those that it is given. */
export function withBoundWorkspaces(spec: TaskSpec, bindings: readonly WorkspaceBinding[]): TaskSpec {
  const declared = spec.workspaces ?? [];
  const missing = bindings.filter((binding) => !declared.some(({ name }) => name === binding.name));
  return missing.length === 0 ? spec : { ...spec, workspaces: [...declared, ...missing.map(({ name }) => ({ name }))] };
}

/** The task with its workspaces mounted. Bindings that an inline task does not declare are declared for it. */
export function applyWorkspaces(
  spec: TaskSpec,
  bindings: readonly WorkspaceBinding[],
  volumes: ReadonlyMap<string, Volume>,
): TaskSpec {
  if (bindings.length === 0) return spec;
  const declarations = [...(spec.workspaces ?? [])];
  const isolated = new Set(
    [...(spec.steps ?? []), ...(spec.sidecars ?? [])].flatMap((user) => user.workspaces?.map(({ name }) => name) ?? []),
  );
  const added = new Set<string>();
  let result: TaskSpec = { ...spec, stepTemplate: { ...spec.stepTemplate } };
  for (const binding of bindings) {
    let declaration = declarations.find(({ name }) => name === binding.name);
    if (declaration === undefined) declarations.push((declaration = { name: binding.name }));
    const volume = volumes.get(binding.name);
    if (volume === undefined) continue;
    const mount: VolumeMount = {
      name: volume.name,
      mountPath: mountPathOf(declaration),
      ...(binding.subPath === undefined || binding.subPath === '' ? {} : { subPath: binding.subPath }),
      ...(declaration.readOnly === true ? { readOnly: true } : {}),
    };
    result = isolated.has(binding.name) ? mountWhereNamed(result, binding.name, mount) : mountEverywhere(result, mount);
    if (!added.has(volume.name)) {
      added.add(volume.name);
      result = { ...result, volumes: [...(result.volumes ?? []), volume] };
    }
  }
  return { ...result, workspaces: declarations };
}

/** Why the bindings do not fit the declarations, in Tekton's words; undefined when they do. */
export function workspaceProblem(
  declarations: readonly WorkspaceDeclaration[],
  bindings: readonly WorkspaceBinding[],
  inline: boolean,
): string | undefined {
  const bound = new Set(bindings.map(({ name }) => name));
  const missing = declarations.find((declaration) => declaration.optional !== true && !bound.has(declaration.name));
  if (missing !== undefined) return `declared workspace "${missing.name}" is required but has not been bound`;
  if (inline) return undefined;
  const declared = new Set(declarations.map(({ name }) => name));
  const extra = bindings.find((binding) => !declared.has(binding.name));
  return extra === undefined ? undefined : `workspace binding "${extra.name}" does not match any declared workspace`;
}

/** Name of the claim that a volumeClaimTemplate becomes: the same for every attempt of the run. */
export function claimNameOf(binding: WorkspaceBinding, ownerUid: string): string {
  const prefix = binding.volumeClaimTemplate?.metadata?.name ?? 'pvc';
  return `${prefix}-${md5Hex(binding.name + ownerUid).slice(0, 10)}`;
}

function volumeSource(binding: WorkspaceBinding, claimName: string | undefined): Omit<Volume, 'name'> {
  if (claimName !== undefined) return { persistentVolumeClaim: { ...binding.persistentVolumeClaim, claimName } };
  const { emptyDir, configMap, secret, projected, csi } = binding;
  if (emptyDir !== undefined) return { emptyDir };
  if (configMap !== undefined) return { configMap };
  if (secret !== undefined) return { secret };
  if (projected !== undefined) return { projected };
  return csi === undefined ? { emptyDir: {} } : { csi };
}

function mountWhereNamed(spec: TaskSpec, name: string, mount: VolumeMount): TaskSpec {
  const withMount = <U extends { workspaces?: { name: string; mountPath?: string }[]; volumeMounts?: VolumeMount[] }>(
    user: U,
  ): U => {
    const use = user.workspaces?.find((one) => one.name === name); // W1
    if (use === undefined) return user;
    const mountPath = use.mountPath === undefined || use.mountPath === '' ? mount.mountPath : use.mountPath;
    return { ...user, volumeMounts: [...(user.volumeMounts ?? []), { ...mount, mountPath }] };
  };
  return {
    ...spec,
    ...(spec.steps === undefined ? {} : { steps: spec.steps.map(withMount) }),
    ...(spec.sidecars === undefined ? {} : { sidecars: spec.sidecars.map(withMount) }),
  };
}

function mountEverywhere(spec: TaskSpec, mount: VolumeMount): TaskSpec {
  const beside = (sidecar: Sidecar): Sidecar =>
    sidecar.volumeMounts?.some((own) => own.mountPath === mount.mountPath) === true
      ? sidecar
      : { ...sidecar, volumeMounts: [...(sidecar.volumeMounts ?? []), mount] };
  return {
    ...spec,
    stepTemplate: { ...spec.stepTemplate, volumeMounts: [...(spec.stepTemplate?.volumeMounts ?? []), mount] },
    ...(spec.sidecars === undefined ? {} : { sidecars: spec.sidecars.map(beside) }),
  };
}

/** The claim that a binding's template makes, owned by its run. */
export function claimOf(
  binding: WorkspaceBinding,
  name: string,
  { apiVersion, kind, metadata }: TaskRun,
): PersistentVolumeClaim {
  const template = binding.volumeClaimTemplate!;
  const shard = metadata.labels?.[SHARD_LABEL];
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: { ...template.metadata?.labels, ...(shard === undefined ? {} : { [SHARD_LABEL]: shard }) },
      ...(template.metadata?.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
      ownerReferences: [
        { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: template.spec ?? {},
  };
}

export function withClaim(binding: WorkspaceBinding, claimName: string | undefined): WorkspaceBinding {
  return claimName === undefined ? binding : { ...binding, persistentVolumeClaim: { claimName } };
}
