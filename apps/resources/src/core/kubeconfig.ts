// A kubeconfig with one cluster, one user and one context, as text.

import { SlipwayError } from '@slipway/contracts';
import type { ClusterParams } from './cluster-config.js';

/**
 * YAML, whose scalars are JSON strings: nothing in them can become structure.
 *
 * A token wins over user and password: kubectl takes one of them. Errors SlipwayError('invalid') when `url` is none.
 */
export function kubeconfig(cluster: ClusterParams): string {
  const { name, namespace, insecure, token } = cluster;
  const url = cluster.url.trim();
  if (!/^https?:\/\/[^\s/@]+(\/\S*)?$/.test(url)) {
    throw new SlipwayError('invalid', 'InvalidCluster', `The url of cluster "${name}" is no http or https URL.`);
  }
  const user = cluster.username?.trim() || 'user';
  const byPassword = token === undefined && cluster.password !== undefined;
  return [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    `- name: ${quoted(name)}`,
    '  cluster:',
    `    server: ${quoted(url)}`,
    ...(insecure ? ['    insecure-skip-tls-verify: true'] : field('certificate-authority-data', pem(cluster.cadata))),
    'users:',
    `- name: ${quoted(user)}`,
    '  user:',
    ...field('token', token?.trim()),
    ...(byPassword ? [...field('username', user), ...field('password', cluster.password?.trimEnd())] : []),
    ...field('client-certificate-data', pem(cluster.clientcertificatedata)),
    ...field('client-key-data', pem(cluster.clientkeydata)),
    ...(hasNothing(cluster) ? ['    {}'] : []),
    'contexts:',
    `- name: ${quoted(name)}`,
    '  context:',
    `    cluster: ${quoted(name)}`,
    `    user: ${quoted(user)}`,
    ...field('namespace', namespace?.trim()),
    `current-context: ${quoted(name)}`,
    '',
  ].join('\n');
}

function hasNothing({ token, password, clientcertificatedata, clientkeydata }: ClusterParams): boolean {
  return [token, password, clientcertificatedata, clientkeydata].every((value) => value === undefined);
}

function field(name: string, value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : [`    ${name}: ${quoted(value)}`];
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A kubeconfig holds base64 of PEM; params hold that too, secrets hold the PEM itself. */
function pem(text: string | undefined): string | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  return text.includes('-----BEGIN') ? base64Of(text) : text.replaceAll(/\s+/g, '');
}

function base64Of(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
