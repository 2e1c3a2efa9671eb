// Whose a run is: `spec.managedBy` hands it to another controller, for good.

/** What Tekton's controller answers to; runs that say so, and those that say nothing, are ours. */
const TEKTON = 'tekton.dev/pipeline';

/** Whether somebody else runs it: then it gets no status, no children and no pod from us. */
export function isManagedElsewhere({ managedBy }: { managedBy?: string }): boolean {
  return managedBy !== undefined && managedBy !== '' && managedBy !== TEKTON;
}
