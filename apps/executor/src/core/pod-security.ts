// What pods of users may not do unless they ask for it, by what their namespace demands of pods.
//
//   S1. What the user wrote stays: a default fills a gap.
//   S2. A default never makes a pod invalid: who asks for privileges is not told that they may not have more.

import type { Container, Pod, PodSpec, SecurityContext } from '@slipway/contracts';

export const ENFORCE_LABEL = 'pod-security.kubernetes.io/enforce';

/** Pod Security Standards; a namespace without the label has no level. */
export type SecurityLevel = 'privileged' | 'baseline' | 'restricted' | undefined;

export function securityLevelOf(labels: Readonly<Record<string, string>> | undefined): SecurityLevel {
  const level = labels?.[ENFORCE_LABEL];
  return level === 'privileged' || level === 'baseline' || level === 'restricted' ? level : undefined;
}

interface Defaults {
  seccomp: boolean;
  noEscalation: boolean;
  /** What the level `restricted` refuses pods without. */
  strict: boolean;
}

// prettier-ignore
const DEFAULTS: Record<NonNullable<SecurityLevel> | 'none', Defaults> = {
  none:       { seccomp: true,  noEscalation: true,  strict: false },
  restricted: { seccomp: true,  noEscalation: true,  strict: true },
  baseline:   { seccomp: true,  noEscalation: false, strict: false },
  privileged: { seccomp: false, noEscalation: false, strict: false },
};

/** The pod with the defaults of its namespace, and with no token of its service account unless it asks for one. */
export function withPodSecurity(pod: Pod, level: SecurityLevel): Pod {
  const defaults = DEFAULTS[level ?? 'none'];
  const { spec } = pod;
  const context: SecurityContext = {
    ...(defaults.seccomp ? { seccompProfile: { type: 'RuntimeDefault' } } : {}),
    ...(defaults.strict ? { runAsNonRoot: true } : {}),
    ...spec.securityContext, // S1
  };
  const secured = (container: Container): Container => withContainerSecurity(container, defaults);
  const fields: PodSpec = {
    ...spec,
    ...(spec.automountServiceAccountToken === undefined ? { automountServiceAccountToken: false } : {}),
    ...(Object.keys(context).length === 0 ? {} : { securityContext: context }),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(secured) }),
    containers: spec.containers.map(secured),
  };
  return { ...pod, spec: fields };
}

function withContainerSecurity(container: Container, { noEscalation, strict }: Defaults): Container {
  const own = container.securityContext ?? {};
  const added: SecurityContext = {
    ...(noEscalation && !asksForPrivileges(own) ? { allowPrivilegeEscalation: false } : {}), // S2
    ...(strict ? { capabilities: { drop: ['ALL'] } } : {}),
  };
  const securityContext = { ...added, ...own }; // S1
  return Object.keys(securityContext).length === 0 ? container : { ...container, securityContext };
}

function asksForPrivileges({ privileged, capabilities }: SecurityContext): boolean {
  return privileged === true || (capabilities?.add ?? []).some((name) => /^(CAP_)?SYS_ADMIN$/i.test(name));
}
