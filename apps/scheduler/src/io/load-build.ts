// What a Build refers to, as it is stored now: templates, the service account, its secrets.

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
  type ServiceAccount,
  type TemplateUse,
  type UsedTemplate,
} from '@slipway/contracts';
import type { Store } from '@slipway/store';
import { plainYaml } from '@slipway/yaml';
import { invalidBuild } from '../core/builds/compile-build.js';
import type { Refusal } from '../core/refusal.js';

const WRONG_KIND =
  'Incorrect Template Kind: the template kind can only be "BuildTemplate" or "ClusterBuildTemplate" with "BuildTemplate" used as the default if nothing is specified.';

/** The templates of a Build in order, or why it cannot run, in Knative's words and order. */
export async function loadBuild(store: Pick<Store, 'get'>, build: Build): Promise<UsedTemplate[] | Refusal> {
  const [missing, templates] = await Promise.all([missingCredential(store, build), loadTemplates(store, build)]);
  return missing === undefined ? templates : invalidBuild(missing);
}

async function loadTemplates(store: Pick<Store, 'get'>, build: Build): Promise<UsedTemplate[] | Refusal> {
  const more = readTemplates(build);
  if ('reason' in more) return more;
  const used: UsedTemplate[] = [];
  for (const use of templateUsesOf(build.spec, more)) {
    const isCluster = use.kind === 'ClusterBuildTemplate';
    if (!isCluster && !['', 'BuildTemplate', undefined].includes(use.kind)) return invalidBuild(WRONG_KIND);
    const resource = isCluster ? CLUSTER_BUILD_TEMPLATES : BUILD_TEMPLATES;
    const template = await store.get<BuildTemplate>(
      resource,
      isCluster ? '' : (build.metadata.namespace ?? ''),
      use.name,
    );
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
async function missingCredential(store: Pick<Store, 'get'>, { metadata, spec }: Build): Promise<string | undefined> {
  const namespace = metadata.namespace ?? '';
  const name = spec.serviceAccountName ?? 'default';
  const account = await store.get<ServiceAccount>(SERVICE_ACCOUNTS, namespace, name);
  if (account === undefined) return name === 'default' ? undefined : notFound(SERVICE_ACCOUNTS, name);
  for (const secret of account.secrets ?? []) {
    if ((await store.get(SECRETS, namespace, secret.name)) === undefined) return notFound(SECRETS, secret.name);
  }
  return undefined;
}

/** As Kubernetes says it. */
function notFound(resource: string, name: string): string {
  return `${resource} "${name}" not found`;
}
