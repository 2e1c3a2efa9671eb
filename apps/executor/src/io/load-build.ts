// What a Build refers to, as it stands now: templates, the service account, that its secrets are there.

import {
  ANNOTATIONS,
  BUILD_TEMPLATES,
  CLUSTER_BUILD_TEMPLATES,
  SECRETS,
  SERVICE_ACCOUNTS,
  asSlipwayError,
  asTemplateUses,
  templateUsesOf,
  templateUsesProblems,
  type Build,
  type BuildTemplate,
  type TemplateUse,
  type UsedTemplate,
} from '@slipway/contracts';
import { plainYaml } from '@slipway/yaml';
import { invalidBuild } from '../core/builds/compile-build.js';
import type { Refusal } from '../core/check-run.js';
import type { PodEnvironment } from '../core/runtime.js';
import type { Definitions } from './definitions.js';

type Accounts = Pick<PodEnvironment, 'serviceAccount' | 'secretHead'>;

const WRONG_KIND =
  'Incorrect Template Kind: the template kind can only be "BuildTemplate" or "ClusterBuildTemplate" with "BuildTemplate" used as the default if nothing is specified.';

/** The templates of a Build in order, or why it cannot run, in Knative's words and order. */
export async function loadBuild(
  definitions: Definitions,
  accounts: Accounts,
  build: Build,
): Promise<UsedTemplate[] | Refusal> {
  const atRevision = Number(build.metadata.resourceVersion ?? 0);
  const [missing, templates] = await Promise.all([
    missingCredential(accounts, build, atRevision),
    loadTemplates(definitions, build, atRevision),
  ]);
  return missing === undefined ? templates : invalidBuild(missing);
}

async function loadTemplates(
  definitions: Definitions,
  build: Build,
  atRevision: number,
): Promise<UsedTemplate[] | Refusal> {
  const more = readTemplates(build);
  if ('reason' in more) return more;
  const used: UsedTemplate[] = [];
  for (const use of templateUsesOf(build.spec, more)) {
    const isCluster = use.kind === 'ClusterBuildTemplate';
    if (!isCluster && !['', 'BuildTemplate', undefined].includes(use.kind)) return invalidBuild(WRONG_KIND);
    const resource = isCluster ? CLUSTER_BUILD_TEMPLATES : BUILD_TEMPLATES;
    const namespace = isCluster ? '' : (build.metadata.namespace ?? '');
    const template = await definitions.get<BuildTemplate>(resource, namespace, use.name, atRevision);
    if (template === undefined) return invalidBuild(notFound(resource, use.name));
    used.push({ use, template: template.spec ?? {} });
  }
  return used;
}

/** The templates that follow the Build's own. */
function readTemplates({ metadata }: Build): TemplateUse[] | Refusal {
  const text = metadata.annotations?.[ANNOTATIONS.templates];
  if (text === undefined || text === '') return [];
  try {
    const value = plainYaml(text, `annotation ${ANNOTATIONS.templates}`);
    const [problem] = templateUsesProblems(value, `annotation ${ANNOTATIONS.templates}`);
    return problem === undefined ? asTemplateUses(value) : invalidBuild(`${problem.field}: ${problem.message}`);
  } catch (thrown) {
    return invalidBuild(asSlipwayError(thrown).message);
  }
}

/** A namespace's `default` account need not be stored to be one. */
async function missingCredential(
  accounts: Accounts,
  { metadata, spec }: Build,
  atRevision: number,
): Promise<string | undefined> {
  const namespace = metadata.namespace ?? '';
  const name = spec.serviceAccountName ?? 'default';
  const account = await accounts.serviceAccount(namespace, name, atRevision);
  if (account === undefined) return name === 'default' ? undefined : notFound(SERVICE_ACCOUNTS, name);
  for (const secret of account.secrets ?? []) {
    if ((await accounts.secretHead(namespace, secret.name)) === undefined) return notFound(SECRETS, secret.name);
  }
  return undefined;
}

/** As Kubernetes says it. */
function notFound(resource: string, name: string): string {
  return `${resource} "${name}" not found`;
}
