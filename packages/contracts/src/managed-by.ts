// Whose a run is: `spec.managedBy` hands it to another controller, for good.

/** What runs of an installed Tekton say that Slipway is to run. */
export const MANAGED_BY_SLIPWAY = 'slipway.dev';

/** Runs that say one of these, and those that say nothing, are ours: Tekton's own controller answers to the second. */
const OURS = ['', 'tekton.dev/pipeline', MANAGED_BY_SLIPWAY];

/** Whether somebody else runs it: then it gets no status, no children and no pod from us. */
export function isManagedElsewhere({ managedBy }: { managedBy?: string }): boolean {
  return managedBy !== undefined && !OURS.includes(managedBy);
}
