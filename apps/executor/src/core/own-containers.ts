// The containers that Slipway adds to a pod of a cluster, as the cluster is given them.
//
//   O1. Steps that Slipway adds run an image of the operator's: what is stored names none.
//   O2. Files that they bring are root's, as in Tekton and Knative Build: git refuses a repository of somebody else, ssh a
//       configuration of somebody else, and both are there for steps that are root. Where the pod says who it runs as, or may not
//       be root, they are like the rest of it.

import { RESOURCE_STEPS_IMAGE, type Container, type Pod } from '@slipway/contracts';
import { CREDENTIAL_INITIALIZER } from './plain-order.js';
import type { SecurityLevel } from './pod-security.js';

/** `level` is that of the pod's namespace. */
export function withOwnContainers(pod: Pod, resourceStepsImage: string, level: SecurityLevel): Pod {
  const { securityContext = {}, initContainers, containers } = pod.spec;
  const isFree =
    level !== 'restricted' && securityContext.runAsUser === undefined && securityContext.runAsNonRoot !== true;
  const given = (container: Container): Container => {
    const isStep = container.image === RESOURCE_STEPS_IMAGE;
    if (!isStep && container.name !== CREDENTIAL_INITIALIZER) return container;
    const own = container.securityContext ?? {};
    const isRoot = isFree && own.runAsUser === undefined && own.runAsNonRoot !== true;
    return {
      ...container,
      ...(isStep ? { image: resourceStepsImage } : {}),
      ...(isRoot ? { securityContext: { ...own, runAsUser: 0 } } : {}),
    };
  };
  const init = initContainers === undefined ? {} : { initContainers: initContainers.map(given) };
  return { ...pod, spec: { ...pod.spec, ...init, containers: containers.map(given) } };
}
