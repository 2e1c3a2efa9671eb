// One fetch of a remote definition: resolution.tekton.dev/v1beta1 ResolutionRequest.

import type { Condition, KubeObject } from './kube.js';
import type { Param, RefSource } from './tekton.js';

/** The label that names the resolver: git, bundles, http, hub, cluster. */
export const RESOLVER_LABEL = 'resolution.tekton.dev/type';

export interface ResolutionRequestSpec {
  params?: Param[];
  url?: string;
}
export interface ResolutionRequestStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  annotations?: Record<string, string>;
  /** Base64 of the document that was fetched. */
  data?: string;
  /** Deprecated twin of `refSource`. */
  source?: RefSource;
  refSource?: RefSource;
}
export interface ResolutionRequest extends KubeObject {
  spec?: ResolutionRequestSpec;
  status?: ResolutionRequestStatus;
}
