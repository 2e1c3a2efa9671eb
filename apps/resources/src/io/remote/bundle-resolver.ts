// The bundles resolver: an object in a layer of an image.

import { MAX_DOCUMENT_BYTES } from '@slipway/contracts';
import { gunzipLimited, type RemoteHttp } from '@slipway/guarded-http';
import { RegistryClient, isPlainRegistry, parseImageReference, type ImageReference } from '@slipway/oci';
import type { Store } from '@slipway/store';
import { bundleLayer, manifestInIndex } from '../../core/bundle-manifest.js';
import { firstTarFile } from '../../core/first-tar-file.js';
import { registryCredentials } from './registry-credentials.js';
import { unresolvable, type Resolver } from './resolver.js';

/** A layer is a document and a tar's padding. */
const MAX_LAYER_BYTES = MAX_DOCUMENT_BYTES + 64 * 1024;

export interface BundleResolverOptions {
  store: Pick<Store, 'get'>;
  http: RemoteHttp;
  /** Registries that speak no TLS; those of this machine do not either. */
  plainRegistries: readonly string[];
}

export function bundleResolver({ store, http, plainRegistries }: BundleResolverOptions): Resolver {
  return async (params, { namespace, signal }) => {
    const bundle = params.required('bundle');
    const name = params.required('name');
    const kind = (params.optional('kind') ?? 'task').toLowerCase().replace(/s$/, '');
    const secret = params.optional('secret');
    const serviceAccount = params.optional('serviceAccount') ?? 'default';
    params.done();
    const image = parseImageReference(bundle);
    const credentials = await registryCredentials(store, namespace, image, { secret, serviceAccount });
    const isPlain = isPlainRegistry(image.registry, plainRegistries);
    const client = new RegistryClient(http, image, { isPlain, credentials, signal });
    const { digest, layer } = await findLayer(client, image, kind, name);
    if (layer.sizeBytes > MAX_LAYER_BYTES) throw unresolvable(`the layer of ${kind} "${name}" is too large`);
    const data = await documentIn(await client.blob(layer.digest, MAX_LAYER_BYTES));
    return {
      data,
      refSource: {
        uri: `${image.registry}/${image.repository}`,
        digest: { sha256: digest.replace('sha256:', '') },
        entryPoint: name,
      },
      annotations: { 'dev.tekton.image.kind': kind, 'dev.tekton.image.name': name },
    };
  };
}

async function findLayer(
  client: RegistryClient,
  image: ImageReference,
  kind: string,
  name: string,
): Promise<{ digest: string; layer: ReturnType<typeof bundleLayer> }> {
  let manifest = await client.manifest(image.reference);
  const inner = manifestInIndex(manifest.content);
  if (inner !== undefined) manifest = await client.manifest(inner);
  return { digest: manifest.digest, layer: bundleLayer(manifest.content, kind, name) };
}

/** gzip of a tar, a tar, or the document itself. */
async function documentIn(layer: Buffer): Promise<Uint8Array> {
  const isGzip = layer[0] === 0x1f && layer[1] === 0x8b;
  const raw = isGzip ? await gunzipLimited(layer, MAX_LAYER_BYTES, 'the layer of the bundle') : layer;
  const data = firstTarFile(raw) ?? raw;
  if (data.length <= MAX_DOCUMENT_BYTES) return data;
  throw unresolvable(`the document in the bundle is larger than ${MAX_DOCUMENT_BYTES} bytes`);
}
