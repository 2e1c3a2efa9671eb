export { parseImageConfig, type ImageConfig } from './image-config.js';
export { parseImageReference, type ImageReference } from './image-reference.js';
export { manifestFor, parseManifest, type ImageManifest, type Layer, type Packing, type Platform } from './manifest.js';
export { isPlainRegistry } from './plain-registries.js';
export { RegistryClient, type Manifest } from './registry-client.js';
export { credentialsIn, type ImagePlace, type RegistryCredentials } from './registry-credentials.js';
