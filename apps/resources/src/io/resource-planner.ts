// Reads what a plan needs from the store, and plans: the PipelineResources that a run binds, its service account's secrets.

import {
  PIPELINE_RESOURCES,
  SECRETS,
  SERVICE_ACCOUNTS,
  type ServiceAccount,
  type PipelineResourceSpec,
  type Mirror,
  type Secret,
  type ResourcePlan,
  type ResourcePlanRequest,
  type PipelineResource,
} from '@slipway/contracts';
import type { Store } from '@slipway/store';
import type { CredentialPolicy } from '../core/credentials.js';
import type { GitConfig } from '../core/git-source.js';
import { planResources } from '../core/plan.js';

export class ResourcePlanner {
  constructor(
    private readonly store: Store,
    private readonly gitConfig: GitConfig,
    private readonly mirrors: readonly Mirror[],
    private readonly credentialPolicy: CredentialPolicy,
  ) {}

  async plan(request: ResourcePlanRequest): Promise<ResourcePlan> {
    const [resources, secrets] = await Promise.all([this.#resources(request), this.#secrets(request)]);
    const { gitConfig, mirrors, credentialPolicy } = this;
    return planResources(request, { resources, secrets, gitConfig, mirrors, credentialPolicy });
  }

  /** Specs of the resources that are bound by reference, by name. A name that is missing here does not exist. */
  async #resources({ namespace, bound }: ResourcePlanRequest): Promise<ReadonlyMap<string, PipelineResourceSpec>> {
    const names = new Set(
      [...(bound.inputs ?? []), ...(bound.outputs ?? [])].flatMap(({ resourceRef }) => resourceRef?.name ?? []),
    );
    const found = await Promise.all(
      [...names].map((name) => this.store.get<PipelineResource>(PIPELINE_RESOURCES, namespace, name)),
    );
    return new Map(found.flatMap((resource) => (resource ? [[resource.metadata.name, resource.spec]] : [])));
  }

  /** The secrets that the service account names, in its order; those that do not exist are left out. */
  async #secrets({ namespace, serviceAccountName }: ResourcePlanRequest): Promise<Secret[]> {
    const account = await this.store.get<ServiceAccount>(SERVICE_ACCOUNTS, namespace, serviceAccountName);
    const names = [...new Set((account?.secrets ?? []).map(({ name }) => name))];
    const secrets = await Promise.all(names.map((name) => this.store.get<Secret>(SECRETS, namespace, name)));
    return secrets.filter((secret) => secret !== undefined);
  }
}
