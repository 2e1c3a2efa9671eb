// A platform, its far side, and the Builds that run on it.

import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { isDone, succeeded, type Build, type BuildSpec, type BuildStep, type KubeObject } from '@slipway/contracts';
import { eventually } from '@slipway/testing';
import { ApiClient } from '../apps/cli/src/api/client.js';
import { findAccess } from '../apps/cli/src/api/kubeconfig.js';
import { startFarSide, type FarSide } from '../conformance/far-side/far-side.js';
import { startPlatform, type Platform } from '../conformance/platform.js';

const ROOT = resolve(import.meta.dirname, '..');
const DEADLINE_MS = 50_000;

export class Building {
  private constructor(
    readonly platform: Platform,
    readonly client: ApiClient,
    private readonly far: FarSide,
  ) {}

  static async start(): Promise<Building> {
    const far = await startFarSide(ROOT);
    const platform = await startPlatform(resolve(ROOT, 'slipway'), ['--images', far.images], {
      ...process.env,
      ...far.env,
    });
    const access = await findAccess({ kubeconfig: platform.kubeconfig }, { dataDir: '', kubeconfigs: [] } as never);
    return new Building(platform, new ApiClient(access), far);
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.platform.stop();
    await this.far.stop();
  }

  /** Makes an object; without a namespace in `default`. */
  create<T extends KubeObject>(apiVersion: string, plural: string, object: object, inNamespace = true): Promise<T> {
    const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
    const path = `${root}${inNamespace ? '/namespaces/default' : ''}/${plural}`;
    return this.client.call<T>(path, { method: 'POST', body: { apiVersion, ...object } });
  }

  build(name: string, spec: BuildSpec, annotations: Record<string, string> = {}): Promise<Build> {
    return this.create(BUILDS, 'builds', { kind: 'Build', metadata: { name, annotations }, spec });
  }

  template(name: string, spec: object): Promise<KubeObject> {
    return this.create(BUILDS, 'buildtemplates', { kind: 'BuildTemplate', metadata: { name }, spec });
  }

  /** A service account with one secret of the same name. */
  async account(name: string, secret: object, annotations: Record<string, string> = {}): Promise<void> {
    await this.create('v1', 'secrets', { kind: 'Secret', metadata: { name, annotations }, ...secret });
    await this.create('v1', 'serviceaccounts', { kind: 'ServiceAccount', metadata: { name }, secrets: [{ name }] });
  }

  get(name: string): Promise<Build> {
    return this.client.call<Build>(`${PATH}/${name}`);
  }

  patch(name: string, spec: object): Promise<Build> {
    const contentType = 'application/merge-patch+json';
    return this.client.call(`${PATH}/${name}`, { method: 'PATCH', contentType, body: { spec } });
  }

  /** The Build as it is once something holds of it. */
  until(name: string, what: string, holds: (build: Build) => boolean): Promise<Build> {
    return eventually(
      async () => {
        const build = await this.get(name);
        if (!holds(build)) throw new Error(`not ${what}: ${JSON.stringify(build.status)}`);
        return build;
      },
      { deadlineMs: DEADLINE_MS, what: `${name} is ${what}` },
    );
  }

  ended(name: string): Promise<Build> {
    return this.until(name, 'at its end', isDone);
  }

  /** Makes a Build and waits for its end. */
  async run(name: string, spec: BuildSpec, annotations: Record<string, string> = {}): Promise<Build> {
    await this.build(name, spec, annotations);
    return this.ended(name);
  }

  /** What a step printed; not what the platform says of its image. */
  async log(build: Build, container: string): Promise<string> {
    const pod = build.status?.cluster?.podName ?? '';
    const query = { container, follow: 'true' };
    const printed = await text(await this.client.stream(`/api/v1/namespaces/default/pods/${pod}/log`, { query }));
    return printed.replace(/^slipway: Image .*\n/gm, '');
  }
}

const BUILDS = 'build.knative.dev/v1alpha1';
const PATH = `/apis/${BUILDS}/namespaces/default/builds`;

/** `bash('echo a')`: a step that runs the line. */
export function bash(line: string, more: Partial<BuildStep> = {}): BuildStep {
  return { image: 'ubuntu', command: ['bash'], args: ['-euc', line], ...more };
}

/** How it ended: `True`, or `False BuildFailed: why`. */
export function endOf(build: Build): string {
  const { status, reason = '', message = '' } = succeeded(build) ?? { status: 'none' };
  return [status, [reason, message].filter((part) => part !== '').join(': ')].filter((part) => part !== '').join(' ');
}
