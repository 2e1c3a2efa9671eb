import type { RetentionPolicy, RetentionPolicySpec } from '@slipway/contracts';
import { EnvReader, type BusConfig, type Env } from '@slipway/service';
import { parse } from 'yaml';
import type { AdmissionLimits } from './core/admission/limits.js';
import { Findings, problemsOf } from './core/admission/rules/findings.js';
import { checkRetentionPolicy } from './core/admission/rules/retention-rules.js';

export interface RegistryConfig extends BusConfig {
  /** 0: one that is free. */
  port: number;
  host: string;
  /** Absent: plain HTTP. */
  tls?: { certFile: string; keyFile: string };
  /** `sqlite:<path>` or `postgres://…`. */
  database: string;
  /** Instead: a file that holds it. */
  databaseFile?: string;
  /** Who may call, and do what. */
  access: Access;
  /** How long it still answers after SIGTERM, being not ready, until those who choose among replicas know. */
  shutdownDelayMs?: number;
  /** Name of this replica. */
  instance: string;
  logLevel: string;
  logFormat?: 'json' | 'text';
  /** Tekton's where they are not given. */
  limits?: AdmissionLimits;
  /** How long finished runs are kept where a namespace has no RetentionPolicy. Absent: for ever. */
  retention?: RetentionPolicySpec;
}

export type Access =
  /** YAML or JSON (http/bearer-tokens.ts). */
  | { kind: 'tokens'; file: string }
  /** The API is served behind that of a cluster, which authenticates and authorizes, and has the core kinds. */
  | ClusterAccess;

export interface ClusterAccess {
  kind: 'cluster';
  /** `in-cluster`, or the path of a kubeconfig. */
  from: string;
  /** Where the Secret and the Service are. */
  namespace: string;
  /** Secret that holds the serving certificate; used unless there are TLS files. */
  certificateSecret: string;
  /** Secret for the passwords of NATS and of the database; absent: they come otherwise. */
  credentialsSecret?: string;
  service: string;
  /** An installed Tekton has the API of tekton.dev; its runs with `managedBy: slipway.dev` are served. */
  besideTekton?: boolean;
}

/** Errors: SlipwayError('invalid') with every problem of the environment. */
export function loadConfig(env: Env): RegistryConfig {
  const read = new EnvReader(env);
  const certFile = read.optional('TLS_CERT_FILE');
  const keyFile = read.optional('TLS_KEY_FILE');
  if ((certFile === undefined) !== (keyFile === undefined))
    read.problem('TLS_CERT_FILE and TLS_KEY_FILE go together', '');
  const retention = retentionOf(read);
  const databaseFile = read.optional('DATABASE_FILE');
  if (databaseFile !== undefined && read.optional('DATABASE') !== undefined)
    read.problem('DATABASE and DATABASE_FILE exclude each other', '');
  const config: RegistryConfig = {
    port: read.port('PORT', 6443),
    host: read.text('HOST', '0.0.0.0'),
    ...(certFile === undefined || keyFile === undefined ? {} : { tls: { certFile, keyFile } }),
    database: read.text('DATABASE', 'sqlite:data/registry.db'),
    ...(databaseFile === undefined ? {} : { databaseFile }),
    ...read.bus(),
    access: accessOf(read),
    shutdownDelayMs: read.integer('SHUTDOWN_DELAY_MS', 0, { max: 10_000 }),
    instance: read.text('INSTANCE', 'registry-0'),
    logLevel: read.logLevel(),
    logFormat: read.logFormat(),
    ...(retention === undefined ? {} : { retention }),
    limits: { maxMatrixCombinations: read.integer('MAX_MATRIX_COMBINATIONS', 256, { min: 1, max: 10_000 }) },
  };
  read.done();
  return config;
}

/** The spec of a RetentionPolicy, as YAML. */
function retentionOf(read: EnvReader): RetentionPolicySpec | undefined {
  const text = read.optional('RETENTION');
  if (text === undefined) return undefined;
  const bad = (why: string): undefined =>
    read.problem(
      `RETENTION must be the spec of a RetentionPolicy, such as "{succeeded: {keep: 20}}": ${why}`,
      undefined,
    );
  let spec: unknown;
  try {
    spec = parse(text, { uniqueKeys: true, maxAliasCount: 0 });
  } catch {
    return bad('it is not YAML');
  }
  if (typeof spec !== 'object' || spec === null) return bad('it is no map');
  const findings = new Findings();
  checkRetentionPolicy({ spec } as RetentionPolicy, findings);
  const problems = problemsOf(findings.list).map(({ field, message }) => `${field}: ${message}`);
  return problems.length > 0 ? bad(problems.join('; ')) : spec;
}

function accessOf(read: EnvReader): Access {
  const from = read.optional('CLUSTER');
  if (from === undefined) return { kind: 'tokens', file: read.text('TOKENS_FILE') };
  if (read.optional('TOKENS_FILE') !== undefined) read.problem('CLUSTER and TOKENS_FILE exclude each other', '');
  const credentialsSecret = read.optional('CREDENTIALS_SECRET');
  return {
    kind: 'cluster',
    from,
    ...(credentialsSecret === undefined ? {} : { credentialsSecret }),
    namespace: read.text('CLUSTER_NAMESPACE', 'slipway'),
    certificateSecret: read.text('CERTIFICATE_SECRET', 'slipway-registry-certificate'),
    service: read.text('SERVICE_NAME', 'slipway-registry'),
    besideTekton: read.flag('BESIDE_TEKTON', false),
  };
}
