// Whole objects of build.knative.dev and of its images. Every rule holds with a template too.

import {
  ANNOTATIONS,
  BUILD_CANCELLED,
  durationMs,
  formatDuration,
  type Build,
  type BuildTemplate,
  type Image,
  type KubeObject,
  type TemplateUse,
} from '@slipway/contracts';

import { checkSources, sourceStepNames } from './build-source-rules.js';
import { checkBuildSteps, checkBuildVolumes, nonEmpty } from './build-step-rules.js';
import { at, listOf, type Findings } from './findings.js';

const NAME_MAX = 63;
const MAX_TIMEOUT_MS = 24 * 3_600_000;
const TEMPLATE_KINDS = ['BuildTemplate', 'ClusterBuildTemplate'];

/** A Build's name is a label and a part of names of containers. */
export function checkBuildName({ metadata }: KubeObject, findings: Findings): void {
  const name = metadata.name ?? '';
  if (name.includes('.')) {
    findings.add('Invalid resource name: special character . can not be present', 'metadata.name');
  }
  if (name.length > NAME_MAX) {
    findings.add('Invalid resource name: length must be no more than 63 characters', 'metadata.name');
  }
}

export function checkBuild(build: Build, findings: Findings): void {
  const spec = build.spec ?? {};
  const { template, timeout } = spec;
  const steps = listOf(spec.steps);
  // The templates of the annotation are read where YAML is: http/templates-annotation.ts.
  const hasMore = nonEmpty(build.metadata.annotations?.[ANNOTATIONS.templates]) !== undefined;
  if (steps.length === 0 && template === undefined && !hasMore) findings.neither(['spec.steps', 'spec.template']);
  if (steps.length > 0 && template !== undefined) findings.both(['spec.steps', 'spec.template']);
  checkSources(spec, 'spec', findings);
  checkBuildSteps(steps, sourceStepNames(spec, 'spec'), 'spec.steps', findings);
  checkBuildVolumes(listOf(spec.volumes), 'spec.volumes', findings);
  if (template !== undefined) checkTemplateUse(template, 'spec.template', findings);
  if (timeout !== undefined) {
    const ms = durationMs(timeout) ?? 0;
    if (ms < 0 || ms > MAX_TIMEOUT_MS) {
      findings.add(`expected 0s <= ${formatDuration(ms)} <= ${formatDuration(MAX_TIMEOUT_MS)}`, 'spec.timeout');
    }
  }
  checkPendingTimeout(build, findings);
  for (const field of ['status', 'Status'] as const) {
    const asked = nonEmpty(spec[field]);
    if (asked !== undefined && asked !== BUILD_CANCELLED) {
      findings.invalid(asked, at('spec', field), `must be ${BUILD_CANCELLED}`);
    }
  }
}

/** A BuildTemplate or ClusterBuildTemplate. */
export function checkBuildTemplate(template: BuildTemplate, findings: Findings): void {
  const spec = template.spec ?? {};
  const steps = listOf(spec.steps);
  if (steps.length === 0) findings.missing('spec.steps');
  checkBuildSteps(steps, new Map(), 'spec.steps', findings);
  checkBuildVolumes(listOf(spec.volumes), 'spec.volumes', findings);
  const names = new Set<string>();
  listOf(spec.parameters).forEach(({ name }, index) => {
    if (names.has(name)) {
      findings.add(`parameter name ${JSON.stringify(name)} must be unique`, `spec.parameters[${index}].name`);
    }
    names.add(name);
  });
}

export function checkImage(image: Image, findings: Findings): void {
  if (nonEmpty(image.spec?.image) === undefined) findings.missing('spec.image');
}

/** One template as a Build uses it, in its spec or its annotation. */
export function checkTemplateUse({ kind, arguments: given }: TemplateUse, path: string, findings: Findings): void {
  if (nonEmpty(kind) !== undefined && !TEMPLATE_KINDS.includes(kind!)) {
    findings.invalid(kind!, at(path, 'kind'), `must be ${TEMPLATE_KINDS.join(' or ')}`);
  }
  const names = new Set<string>();
  listOf(given).forEach(({ name }, index) => {
    if (names.has(name)) {
      findings.add(
        `DuplicateArgName: duplicate argument name ${JSON.stringify(name)}: it must be unique`,
        `${path}.arguments[${index}].name`,
      );
    }
    names.add(name);
  });
}

function checkPendingTimeout({ metadata }: KubeObject, findings: Findings): void {
  const given = metadata.annotations?.[ANNOTATIONS.pendingTimeout];
  if (given === undefined) return;
  const ms = durationMs(given);
  if (ms !== undefined && ms >= 0) return;
  findings.invalid(
    given,
    `metadata.annotations[${ANNOTATIONS.pendingTimeout}]`,
    'must be a duration such as 30m; 0 is no limit',
  );
}
