// The certificate that the cluster's API server sees, kept in a Secret that all replicas share.
//
//   K1. Replicas agree: the Secret is written by compare-and-set, and what it holds is what every replica serves.
//   K2. Level-triggered: whenever the Secret or an APIService changes, at the start, and twice a day, everything is put right: the
//       certificate is renewed before it ends, and every APIService of ours trusts the authority that signed it.

import { ensureServerCertificate, type KeptCertificates } from '@slipway/certificates';
import { followObject, type ClusterClient } from '@slipway/cluster';
import type { BusLogger } from '@slipway/bus';
import { SlipwayError } from '@slipway/contracts';

export interface ServingCertificateOptions {
  namespace: string;
  secret: string;
  /** Of the Service, its name alone first. */
  names: readonly string[];
  /** `v1.tekton.dev` */
  apiServices: readonly string[];
}

interface ApiService {
  spec: { caBundle?: string; service?: { name: string } };
}

interface Secret {
  metadata: { name: string; resourceVersion?: string };
  data?: Record<string, string>;
}

const API_SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices';
const TRIES = 10;
const CHECK_MS = 12 * 60 * 60 * 1000;
const RETRY_MS = 10_000;
/** Keys of the Secret; the first two are those of `kubernetes.io/tls`. */
const KEYS = { cert: 'tls.crt', key: 'tls.key', ca: 'ca.crt', caKey: 'ca.key' } as const;

export interface ServingCertificate {
  current(): KeptCertificates;
  stop(): void;
}

/** Resolves once there is a certificate. Errors: those of the cluster, when the Secret cannot be read or written. */
export async function keepServingCertificate(
  client: ClusterClient,
  options: ServingCertificateOptions,
  logger: BusLogger,
  onChange: (certificates: KeptCertificates) => void,
): Promise<ServingCertificate> {
  const ended = new AbortController();
  let current = await ensured(client, options);
  let timer: NodeJS.Timeout | undefined;
  let isDue = false;
  let checking: Promise<void> | undefined;
  /** One at a time; what comes meanwhile is looked at once more. */
  const check = (): void => {
    isDue = true;
    checking ??= putRight().finally(() => {
      checking = undefined;
      if (isDue && !ended.signal.aborted) check();
    });
  };
  const putRight = async (): Promise<void> => {
    isDue = false;
    clearTimeout(timer);
    let nextMs = CHECK_MS;
    try {
      const next = await ensured(client, options);
      if (next.cert !== current.cert) {
        current = next;
        onChange(next);
      }
      await trust(client, options, next.ca);
    } catch (err) {
      logger.warn({ err }, 'the certificate could not be put right');
      nextMs = RETRY_MS;
    }
    if (!ended.signal.aborted) timer = setTimeout(check, nextMs).unref();
  };
  await followObject<Secret>(
    client,
    { collection: secretsOf(options), name: options.secret },
    {
      signal: ended.signal,
      onState: check,
      onError: (err) => logger.warn({ err }, 'the Secret of the certificate could not be followed'),
    },
  );
  for (const name of options.apiServices) {
    // An APIService may be made, or made anew, long after the registry has started.
    void followObject<ApiService>(
      client,
      { collection: API_SERVICES, name },
      {
        signal: ended.signal,
        onState: (found) => {
          if (found !== undefined && lacksTrust(found, options, current.ca)) check();
        },
        onError: (err) => logger.warn({ err, apiService: name }, 'an APIService could not be followed'),
      },
    ).catch((err: unknown) => logger.warn({ err, apiService: name }, 'an APIService is not followed'));
  }
  return {
    current: () => current,
    stop: () => {
      ended.abort();
      clearTimeout(timer);
    },
  };
}

/** K1. */
async function ensured(client: ClusterClient, options: ServingCertificateOptions): Promise<KeptCertificates> {
  const path = `${secretsOf(options)}/${options.secret}`;
  for (let attempt = 1; ; attempt++) {
    const secret = await client.request<Secret>(path);
    const kept = keptIn(secret);
    const certificates = await ensureServerCertificate(kept, options.names, Date.now());
    if (certificates === kept) return certificates;
    const data = Object.fromEntries(
      Object.entries(KEYS).map(([part, key]) => [key, encoded(certificates[part as keyof typeof KEYS])]),
    );
    try {
      await client.request(path, { method: 'PUT', body: { ...secret, data: { ...secret.data, ...data } } });
      return certificates;
    } catch (error) {
      const isRaced = error instanceof SlipwayError && error.kind === 'conflict';
      if (!isRaced || attempt === TRIES) throw error;
    }
  }
}

/**
 * K2: only what differs is written, so that replicas that come to the same are quiet. An APIService of somebody else, such as
 * that of an installed Tekton's CRDs, is left alone.
 */
async function trust(client: ClusterClient, options: ServingCertificateOptions, ca: string): Promise<void> {
  for (const name of options.apiServices) {
    const path = `${API_SERVICES}/${name}`;
    const found = await client.request<ApiService>(path).catch(absent);
    if (found === undefined || !lacksTrust(found, options, ca)) continue;
    await client.request(path, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { spec: { caBundle: encoded(ca) } },
    });
  }
}

/** Whether an APIService leads to us and does not trust what we show. */
function lacksTrust({ spec }: ApiService, { names: [service] }: ServingCertificateOptions, ca: string): boolean {
  return spec.service?.name === service && spec.caBundle !== encoded(ca);
}

/** An APIService that is not there is one that the installation leaves to somebody else. */
function absent(error: unknown): undefined {
  if (error instanceof SlipwayError && error.kind === 'not-found') return undefined;
  throw error;
}

function secretsOf({ namespace }: ServingCertificateOptions): string {
  return `/api/v1/namespaces/${namespace}/secrets`;
}

function keptIn({ data = {} }: Secret): KeptCertificates | undefined {
  const texts = Object.entries(KEYS).map(([part, key]) => [part, Buffer.from(data[key] ?? '', 'base64').toString()]);
  return texts.every(([, text]) => text !== '') ? (Object.fromEntries(texts) as KeptCertificates) : undefined;
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}
