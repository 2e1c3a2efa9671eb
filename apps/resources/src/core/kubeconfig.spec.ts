import { parse } from 'yaml';
import type { ClusterParams } from './cluster-config.js';
import { kubeconfig } from './kubeconfig.js';

const PEM = '-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----\n';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

interface Read {
  clusters: { cluster: object }[];
  users: { name: string; user: object }[];
  contexts: { context: object }[];
  'current-context': string;
}
const written = (cluster: Partial<ClusterParams>): Read =>
  parse(kubeconfig({ name: 'prod', url: 'https://10.0.0.1', insecure: false, ...cluster })) as Read;

// prettier-ignore
const users: [given: string, cluster: Partial<ClusterParams>, user: object][] = [
  ['a token', { token: 'abc\n' }, { token: 'abc' }],
  ['user and password', { username: 'admin', password: 'hunter2' }, { username: 'admin', password: 'hunter2' }],
  ['the token of both', { username: 'admin', password: 'hunter2', token: 'abc' }, { token: 'abc' }],
  ['a client certificate as PEM', { clientcertificatedata: PEM, clientkeydata: PEM }, { 'client-certificate-data': base64(PEM), 'client-key-data': base64(PEM) }],
  ['nothing', {}, {}],
  ['a token that looks like YAML', { token: 'x"\n  y: {z' }, { token: 'x"\n  y: {z' }],
];
test.each(users)('kubeconfig gives the user %s', (_given, cluster, user) => {
  expect(written(cluster).users[0]!.user).toEqual(user);
});

// prettier-ignore
const clusters: [given: string, cluster: Partial<ClusterParams>, then: object][] = [
  ['its authority, given as PEM', { cadata: PEM }, { server: 'https://10.0.0.1', 'certificate-authority-data': base64(PEM) }],
  ['its authority, given as base64', { cadata: `${base64(PEM)}\n` }, { server: 'https://10.0.0.1', 'certificate-authority-data': base64(PEM) }],
  ['no authority where nothing is verified', { cadata: PEM, insecure: true }, { server: 'https://10.0.0.1', 'insecure-skip-tls-verify': true }],
];
test.each(clusters)('kubeconfig gives the cluster %s', (_given, cluster, then) => {
  expect(written(cluster).clusters[0]!.cluster).toEqual(then);
});

test('kubeconfig makes the cluster the current context, in its namespace', () => {
  const { contexts, ...rest } = written({ username: 'admin', namespace: 'team' });
  expect(rest['current-context']).toBe('prod');
  expect(contexts).toEqual([{ name: 'prod', context: { cluster: 'prod', user: 'admin', namespace: 'team' } }]);
});

test('kubeconfig refuses a url that is none', () => {
  expect(() => written({ url: 'file:///etc/passwd' })).toThrow(/no http or https URL/);
});
