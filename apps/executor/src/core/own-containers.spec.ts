import { RESOURCE_STEPS_IMAGE, type Container, type Pod, type PodSpec, type SecurityContext } from '@slipway/contracts';
import { withOwnContainers } from './own-containers.js';
import type { SecurityLevel } from './pod-security.js';

const source: Container = { name: 'step-git-source', image: RESOURCE_STEPS_IMAGE, command: ['/ko-app/git-init'] };
const credentials: Container = { name: 'credential-initializer', image: 'entrypoint:1' };
const user: Container = { name: 'step-user', image: 'busybox' };

function given(spec: Partial<PodSpec>, level?: SecurityLevel): Container[] {
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [], ...spec } };
  const { initContainers = [], containers } = withOwnContainers(pod, 'slipway:1', level).spec;
  return [...initContainers, ...containers];
}

test('steps of ours run the image of the operator, wherever they stand, and others their own (O1)', () => {
  const all = given({ initContainers: [credentials, source], containers: [source, user] });
  expect(all.map(({ image }) => image)).toEqual(['entrypoint:1', 'slipway:1', 'slipway:1', 'busybox']);
});

test('what brings files is root where nobody says who it is (O2)', () => {
  const all = given({ initContainers: [credentials], containers: [source, user] });
  expect(all.map(({ securityContext }) => securityContext)).toEqual([{ runAsUser: 0 }, { runAsUser: 0 }, undefined]);
});

const own = (securityContext: SecurityContext): Container => ({ ...source, securityContext });
// prettier-ignore
test.each<[string, Partial<PodSpec>, SecurityLevel, SecurityContext | undefined]>([
  ['the pod names a user', { securityContext: { runAsUser: 7 }, containers: [source] }, undefined, undefined],
  ['the pod may not be root', { securityContext: { runAsNonRoot: true }, containers: [source] }, undefined, undefined],
  ['the namespace is restricted', { containers: [source] }, 'restricted', undefined],
  ['the container names a user', { containers: [own({ runAsUser: 7 })] }, undefined, { runAsUser: 7 }],
  ['the container may not be root', { containers: [own({ runAsNonRoot: true })] }, undefined, { runAsNonRoot: true }],
])('it stays what it is where %s (O2)', (_where, spec, level, securityContext) => {
  expect(given(spec, level)[0]?.securityContext).toEqual(securityContext);
});
