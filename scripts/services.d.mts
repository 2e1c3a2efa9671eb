// Types of services.mjs for the tests, which are TypeScript.

export type Service = 'registry' | 'scheduler' | 'executor' | 'resources' | 'logs';
export type Part = 'nats' | Service | `${Service}-${number}`;
export declare const SERVICES: readonly Service[];

export interface Services {
  server: string;
  /** Where a replica of the registry answers. */
  serverOf(part: Part): string;
  /** All but `nats`. */
  parts: readonly Part[];
  kubeconfig: string;
  natsUrl: string;
  dataDir: string;
  /** Resolves when the part is ready. `home`: another checkout, which has been built. */
  start(part: Part, how?: { home?: string }): Promise<void>;
  /** Resolves when the process has ended. */
  kill(part: Part, signal?: NodeJS.Signals): Promise<void>;
  restart(part: Part, signal?: NodeJS.Signals): Promise<void>;
  pid(part: Part): number | undefined;
  /** The text of its /metrics. */
  metrics(part: Part): Promise<string>;
  isReady(part: Part): Promise<boolean>;
  /** nats-server must not run. */
  wipeNats(): Promise<void>;
  startAll(how?: { home?: string }): Promise<void>;
  stopAll(): Promise<void>;
}

export declare function prepareServices(options: {
  dataDir: string;
  port?: number;
  host?: string;
  database?: string;
  images?: string;
  logLevel?: string;
  env?: Partial<Record<string, Record<string, string>>>;
  output?: 'inherit' | 'files';
  replicas?: Partial<Record<Service, number>>;
  onExit?: (part: Part, how: string | number) => void;
}): Promise<Services>;
