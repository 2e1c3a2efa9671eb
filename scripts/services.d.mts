// Types of services.mjs for the tests, which are TypeScript.

export type Part = 'nats' | 'registry' | 'scheduler' | 'executor' | 'resources' | 'logs';
export declare const SERVICES: readonly Exclude<Part, 'nats'>[];

export interface Services {
  server: string;
  kubeconfig: string;
  natsUrl: string;
  dataDir: string;
  /** Resolves when the part is ready. */
  start(part: Part): Promise<void>;
  /** Resolves when the process has ended. */
  kill(part: Part, signal?: NodeJS.Signals): Promise<void>;
  restart(part: Part, signal?: NodeJS.Signals): Promise<void>;
  pid(part: Part): number | undefined;
  isReady(part: Part): Promise<boolean>;
  /** nats-server must not run. */
  wipeNats(): Promise<void>;
  startAll(): Promise<void>;
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
  onExit?: (part: Part, how: string | number) => void;
}): Promise<Services>;
