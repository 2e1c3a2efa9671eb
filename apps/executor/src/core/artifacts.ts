// Artifacts: what steps say they took and made, from the files that they wrote.

import { ENTRY_TYPES, type Artifact, type Artifacts, type EntryType, type TerminationEntry } from '@slipway/contracts';

/** The artifacts in the entries of one type; a file that is no such document has none. */
export function artifactsIn(entries: readonly TerminationEntry[], type: EntryType): Artifacts {
  return mergeArtifacts(entries.filter((entry) => entry.type === type).map(({ value }) => parsed(value)));
}

/** Whether the entry holds artifacts. */
export function isArtifacts({ type }: TerminationEntry): boolean {
  return type === ENTRY_TYPES.StepArtifacts || type === ENTRY_TYPES.TaskRunArtifacts;
}

/** All of them as one: artifacts of one name have the values of all, each once. */
export function mergeArtifacts(all: readonly Artifacts[]): Artifacts {
  const inputs = mergeLists(all.map((one) => one.inputs ?? []));
  const outputs = mergeLists(all.map((one) => one.outputs ?? []));
  return { ...(inputs.length === 0 ? {} : { inputs }), ...(outputs.length === 0 ? {} : { outputs }) };
}

function mergeLists(lists: readonly (readonly Artifact[])[]): Artifact[] {
  const byName = new Map<string, Artifact>();
  for (const artifact of lists.flat()) {
    const before = byName.get(artifact.name);
    byName.set(artifact.name, before === undefined ? artifact : merged(before, artifact));
  }
  return [...byName.values()];
}

function merged(a: Artifact, b: Artifact): Artifact {
  const values = new Map([...(a.values ?? []), ...(b.values ?? [])].map((value) => [identity(value), value]));
  const buildOutput = a.buildOutput === true || b.buildOutput === true;
  return { name: a.name, values: [...values.values()], ...(buildOutput ? { buildOutput } : {}) };
}

function identity({ uri, digest }: NonNullable<Artifact['values']>[number]): string {
  return JSON.stringify([uri, Object.entries(digest ?? {}).sort()]);
}

// Parsing: the document is whatever the step wrote ---------------------------------------------------------------------

function parsed(text: string): Artifacts {
  try {
    const document: unknown = JSON.parse(text);
    if (!isRecord(document)) return {};
    return { inputs: artifactList(document['inputs']), outputs: artifactList(document['outputs']) };
  } catch {
    return {};
  }
}

function artifactList(list: unknown): Artifact[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isRecord).map(({ name, values, buildOutput }) => ({
    name: textOf(name),
    ...(Array.isArray(values) ? { values: values.filter(isRecord).map(valueOf) } : {}),
    ...(buildOutput === true ? { buildOutput } : {}),
  }));
}

function valueOf({ uri, digest }: Record<string, unknown>): NonNullable<Artifact['values']>[number] {
  return {
    ...(isRecord(digest)
      ? { digest: Object.fromEntries(Object.entries(digest).map(([key, one]) => [key, textOf(one)])) }
      : {}),
    ...(typeof uri === 'string' ? { uri } : {}),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
