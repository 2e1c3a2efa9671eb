// The program `/ko-app/kubeconfigwriter`: writes the kubeconfig of a cluster resource into its folder.
//
// What is no secret comes as JSON in the variable CLUSTER, secrets as files named after the fields: those win.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterParams } from '../core/cluster-config.js';
import { kubeconfig } from '../core/kubeconfig.js';

function main(args: readonly string[], { env }: typeof process): void {
  const flags = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const [, name, value] = /^--?([A-Za-z]+)(?:=(.*))?$/s.exec(args[i]!) ?? [];
    if (name !== 'destinationDir' && name !== 'secretsDir') {
      return fail(`unknown argument ${JSON.stringify(args[i])}`, 2);
    }
    flags.set(name, value ?? args[++i] ?? '');
  }
  const folder = flags.get('destinationDir') ?? '';
  if (!folder.startsWith('/')) return fail('-destinationDir must be an absolute path', 2);
  try {
    const cluster = { ...given(env['CLUSTER'] ?? ''), ...secretsIn(flags.get('secretsDir')) };
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'kubeconfig');
    writeFileSync(path, kubeconfig(cluster), { mode: 0o600 });
    process.stdout.write(`Wrote ${path} for cluster ${cluster.name}\n`);
  } catch (error) {
    fail((error as Error).message, 1);
  }
}

function given(json: string): ClusterParams {
  try {
    return JSON.parse(json) as ClusterParams;
  } catch {
    throw new Error('the variable CLUSTER is not JSON'); // its text may be secret
  }
}

function secretsIn(folder: string | undefined): Partial<ClusterParams> {
  if (folder === undefined) return {};
  const names = readdirSync(folder).filter((name) => !name.startsWith('..'));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

function fail(message: string, code: number): void {
  process.stderr.write(`kubeconfigwriter: ${message}\n`);
  process.exitCode = code;
}

main(process.argv.slice(2), process);
