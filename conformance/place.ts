// Where the objects of a file go. With a cluster, what pods mount and name is the cluster's, and runs are the platform's.

import { Ends } from './ends.js';
import type { Kubectl, Output } from './kubectl.js';

/** API groups that the platform serves; a file's further namespaces hold runs and tasks only. */
const OURS = /(^|\.)(tekton|slipway|knative)\.dev$/;
const CLEAR_SECONDS = 30;
const LABEL = 'slipway.dev/conformance';

export class Place {
  readonly #id = String(process.pid);
  readonly #nodeLabels = new Set<string>();
  readonly #namespaces = new Set<string>();
  readonly ends: Ends;

  constructor(
    /** Asks for runs. */
    readonly platform: Kubectl,
    private readonly cluster?: Kubectl,
  ) {
    this.ends = new Ends(platform);
  }

  async makeNamespace(name: string): Promise<Output> {
    this.#namespaces.add(name);
    const made = await this.platform.run(['create', 'namespace', name]);
    if (this.cluster === undefined || made.code !== 0) return made;
    const metadata = { name, labels: { [LABEL]: this.#id } };
    return this.cluster.run(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata }));
  }

  /** `name=value`, taken away in the end. */
  async labelNodes(label: string): Promise<void> {
    this.#nodeLabels.add(label.split('=', 1)[0]!);
    await this.cluster?.run(['label', 'nodes', '--all', '--overwrite', label]);
  }

  /** `verb` and options of kubectl, and documents; the first output that is no success, or the last. */
  async submit(args: readonly string[], documents: string): Promise<Output> {
    const whole = [...args, '-f', '-'];
    if (this.cluster === undefined) return this.platform.run(whole, documents);
    const parts = documents.split(/^---.*$/m).filter((part) => /^apiVersion:/m.test(part));
    const join = (of: (document: string) => boolean): string => parts.filter(of).join('\n---\n');
    let output: Output = { code: 0, stdout: '', stderr: '' };
    const [theirs, ours] = [join((part) => !isOurs(part)), join(isOurs)];
    if (theirs !== '') output = await this.cluster.run(whole, theirs);
    if (ours !== '' && output.code === 0) output = await this.platform.run(whole, ours);
    return output;
  }

  async removeNamespace(name: string): Promise<void> {
    this.#namespaces.delete(name);
    const args = ['delete', 'namespace', name, '--wait=false'];
    await Promise.all([this.platform.run(args), this.cluster?.run(args)]);
  }

  /** Takes away what is still there of all files: pods outlive their platform, so their runs go first. */
  async clear(): Promise<void> {
    this.ends.stop();
    const left = [...this.#namespaces];
    if (left.length > 0) await this.platform.run(['delete', 'namespace', ...left, `--timeout=${CLEAR_SECONDS}s`]);
    for (const name of this.#nodeLabels) await this.cluster?.run(['label', 'nodes', '--all', `${name}-`]);
    await this.cluster?.run(['delete', 'namespace', '-l', `${LABEL}=${this.#id}`, '--wait=false']);
  }
}

function isOurs(document: string): boolean {
  const [, apiVersion = ''] = /^apiVersion:\s*["']?([^\s"']+)/m.exec(document) ?? [];
  return OURS.test(apiVersion.split('/', 1)[0]!) || /^kind:\s*Namespace\s*$/m.test(document);
}
