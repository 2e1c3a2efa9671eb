// Sources of a Build, whether there is one in `source` or there are several in `sources`.

import type { BuildSource, BuildSpec } from '@slipway/contracts';

import { cleanPath } from './clean-path.js';
import { checkContainerName, nonEmpty } from './build-step-rules.js';
import { at, listOf, type Findings } from './findings.js';

const KINDS = ['git', 'gcs', 'custom'] as const;

interface Placed {
  source: BuildSource;
  index: number;
  path: string;
}

export function checkSources(spec: BuildSpec, path: string, findings: Findings): void {
  const { source } = spec;
  const sources = listOf(spec.sources);
  if (source !== undefined && sources.length > 0) findings.both([at(path, 'source'), at(path, 'sources')]);
  const placed = sources.map((one, index): Placed => ({ source: one, index, path: at(path, `sources[${index}]`) }));
  checkNames(placed, findings);
  const all = source === undefined ? placed : [{ source, index: 0, path: at(path, 'source') }, ...placed];
  for (const one of all) checkSource(one, findings);
  checkTargets(placed, findings);
  checkSubPaths(placed, findings);
}

/** The names of the steps that sources become, and where each comes from. */
export function sourceStepNames({ source, sources }: BuildSpec, path: string): Map<string, string> {
  const names = new Map<string, string>();
  const add = ({ git, gcs, custom, name }: BuildSource, index: number, own: string): void => {
    const prefix = git !== undefined ? 'git-source' : gcs !== undefined ? 'gcs-source' : 'custom-source';
    const suffix = nonEmpty(name) ?? (custom === undefined ? String(index) : undefined);
    names.set(suffix === undefined ? prefix : `${prefix}-${suffix}`, own);
  };
  if (source !== undefined) add(source, 0, at(path, 'source'));
  listOf(sources).forEach((one, index) => add(one, index, at(path, `sources[${index}]`)));
  return names;
}

function checkSource({ source, path }: Placed, findings: Findings): void {
  const given = KINDS.filter((kind) => source[kind] !== undefined);
  const paths = KINDS.map((kind) => at(path, kind));
  if (given.length === 0) findings.neither(paths);
  if (given.length > 1) findings.both(given.map((kind) => at(path, kind)));
  if (nonEmpty(source.name) !== undefined) {
    checkContainerName(source.name!, at(path, 'name'), findings, 'custom-source-');
  }
  const { git, gcs, custom } = source;
  if (git !== undefined) {
    for (const field of ['url', 'revision'] as const) {
      if ((git[field] ?? '').trim() === '') findings.missing(at(path, `git.${field}`));
    }
  }
  if (gcs !== undefined) {
    if (!['Archive', 'Manifest', undefined].includes(gcs.type)) {
      findings.invalid(gcs.type ?? '', at(path, 'gcs.type'), 'must be Archive or Manifest');
    }
    if (nonEmpty(gcs.location) === undefined) findings.missing(at(path, 'gcs.location'));
    else if (!/^gs:\/\/[^/]+\/./.test(gcs.location!)) {
      findings.invalid(gcs.location!, at(path, 'gcs.location'), 'must be gs://BUCKET/OBJECT');
    }
  }
  if (custom !== undefined) {
    if (nonEmpty(custom.image) === undefined) findings.missing(at(path, 'custom.image'));
    if (nonEmpty(custom.name) !== undefined) {
      findings.invalid(custom.name!, at(path, 'custom.name'), 'a custom source is called by the name of its source');
    }
    if (nonEmpty(source.targetPath) !== undefined) {
      findings.invalid(source.targetPath!, at(path, 'targetPath'), 'a custom source says itself where it puts what');
    }
  }
  for (const field of ['targetPath', 'subPath'] as const) checkRelative(source[field], at(path, field), findings);
}

/** Two sources without a name have the same one. */
function checkNames(sources: readonly Placed[], findings: Findings): void {
  const names = new Set<string>();
  for (const { source, path } of sources) {
    const name = source.name ?? '';
    if (names.has(name)) findings.add(`source name ${JSON.stringify(name)} must be unique`, at(path, 'name'));
    names.add(name);
  }
}

/** By whole parts of paths: `foo` and `foobar` lie beside each other. One source may have /workspace itself. */
function checkTargets(sources: readonly Placed[], findings: Findings): void {
  const before: (Placed & { target: string })[] = [];
  for (const one of sources) {
    if (one.source.custom !== undefined) continue;
    const target = partsOf(one.source.targetPath);
    const own = at(one.path, 'targetPath');
    for (const other of before) {
      if (target === '' && other.target === '') findings.add('multiple sources without a targetPath', own);
      else if (target !== '' && other.target !== '' && overlaps(target, other.target)) {
        findings.invalid(one.source.targetPath ?? '', own, `overlaps with ${at(other.path, 'targetPath')}`);
      }
    }
    before.push({ ...one, target });
  }
}

/**
 * One subPath is what steps see as /workspace, of which there is one. Several are possible where each is below the target
 * of its own source: steps see each in the place of its target then.
 */
function checkSubPaths(sources: readonly Placed[], findings: Findings): void {
  const partial = sources.filter(({ source }) => nonEmpty(source.subPath) !== undefined);
  if (partial.length < 2) return;
  for (const { source, path } of partial) {
    const target = partsOf(source.targetPath);
    if (target !== '' && isBelow(partsOf(source.subPath), target)) continue;
    const help = 'of several sources with a subPath, each must have a targetPath, and its subPath below that';
    findings.invalid(source.subPath!, at(path, 'subPath'), help);
  }
}

function checkRelative(given: string | undefined, path: string, findings: Findings): void {
  if (nonEmpty(given) === undefined) return;
  if (given!.startsWith('/'))
    findings.invalid(given!, path, 'must be a path below /workspace, without a leading slash');
  else if (given!.split('/').includes('..')) findings.invalid(given!, path, 'must not contain ".."');
}

/** `a/b` of `./a//b/`; empty for /workspace itself. */
function partsOf(path: string | undefined): string {
  const clean = cleanPath(path ?? '');
  return clean === '.' ? '' : clean;
}

function overlaps(one: string, other: string): boolean {
  return one === other || isBelow(one, other) || isBelow(other, one);
}

function isBelow(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`);
}
