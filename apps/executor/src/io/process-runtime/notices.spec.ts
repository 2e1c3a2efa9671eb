import type { Container, Pod, Volume } from '@slipway/contracts';
import { noticesOf } from './notices.js';

const pod = (container: Partial<Container>, volumes: Volume[] = []): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'sidecar-db', ...container }], volumes },
});
const probe = { exec: { command: ['true'] } };

const rows: [what: string, pod: Pod, says: string[]][] = [
  ['nothing of what is as on a cluster', pod({ readinessProbe: probe, startupProbe: probe }), []],
  ['that nobody is privileged', pod({ securityContext: { privileged: true } }), [
    'Container sidecar-db asks to be privileged; on this machine it is an ordinary one.',
  ]],
  ['that nobody is asked whether it lives', pod({ livenessProbe: probe }), [
    'The liveness probe of container sidecar-db is not asked on this machine.',
  ]],
  ['which volumes grow beyond their limit', pod({}, [{ name: 'a', emptyDir: { sizeLimit: '1Gi' } }, { name: 'b', emptyDir: {} }]), [
    'The size of volume a is not limited on this machine.',
  ]],
]; // prettier-ignore

test.each(rows)('noticesOf a pod says %s', (_what, given, says) => {
  expect(noticesOf(given, [])).toEqual(says);
});
