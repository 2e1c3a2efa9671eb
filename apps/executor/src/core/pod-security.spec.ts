import type { Pod, PodSpec } from '@slipway/contracts';
import { securityLevelOf, withPodSecurity, type SecurityLevel } from './pod-security.js';

function secured(spec: Partial<PodSpec>, level?: SecurityLevel): PodSpec {
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c' }], ...spec },
  };
  return withPodSecurity(pod, level).spec;
}

const RUNTIME_DEFAULT = { seccompProfile: { type: 'RuntimeDefault' } };

describe('withPodSecurity', () => {
  test('takes token, system calls and escalation away where nobody says otherwise', () => {
    const init = [{ name: 'i' }];
    expect(secured({ initContainers: init })).toEqual({
      automountServiceAccountToken: false,
      securityContext: RUNTIME_DEFAULT,
      initContainers: [{ name: 'i', securityContext: { allowPrivilegeEscalation: false } }],
      containers: [{ name: 'c', securityContext: { allowPrivilegeEscalation: false } }],
    });
  });

  test('leaves what the user wrote (S1)', () => {
    const securityContext = { seccompProfile: { type: 'Unconfined' }, runAsUser: 7 };
    const own = { name: 'c', securityContext: { allowPrivilegeEscalation: true } };
    const spec = { automountServiceAccountToken: true, securityContext, containers: [own] };
    expect(secured(spec)).toEqual(spec);
  });

  test.each([
    [{ privileged: true }],
    [{ capabilities: { add: ['SYS_ADMIN'] } }],
    [{ capabilities: { add: ['NET_RAW', 'CAP_SYS_ADMIN'] } }],
  ])('does not contradict %j (S2)', (securityContext) => {
    const { containers } = secured({ containers: [{ name: 'c', securityContext }] });
    expect(containers).toEqual([{ name: 'c', securityContext }]);
  });

  test('adds what a restricted namespace refuses pods without', () => {
    expect(secured({}, 'restricted')).toMatchObject({
      securityContext: { ...RUNTIME_DEFAULT, runAsNonRoot: true },
      containers: [{ securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
    });
  });

  test.each<[SecurityLevel, Partial<PodSpec>]>([
    ['baseline', { securityContext: RUNTIME_DEFAULT }],
    ['privileged', {}],
  ])('lets a namespace of level %s have more', (level, expected) => {
    expect(secured({}, level)).toEqual({
      automountServiceAccountToken: false,
      containers: [{ name: 'c' }],
      ...expected,
    });
  });
});

describe('securityLevelOf', () => {
  test.each([
    [undefined, undefined],
    [{ 'pod-security.kubernetes.io/enforce': 'baseline' }, 'baseline'],
    [{ 'pod-security.kubernetes.io/enforce': 'odd' }, undefined],
  ])('reads %j as %s', (labels, level) => {
    expect(securityLevelOf(labels)).toBe(level);
  });
});
