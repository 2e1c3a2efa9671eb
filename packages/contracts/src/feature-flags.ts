// What of Tekton's feature flags is on: nothing is behind a flag here, and `status.provenance` says so in Tekton's words.

/** For `status.provenance.featureFlags` of runs, where Tekton notes what it was configured with. */
export const FEATURE_FLAGS = {
  awaitSidecarReadiness: true,
  coschedule: 'disabled',
  enableAPIFields: 'alpha',
  enableArtifacts: true,
  enableCELInWhenExpression: true,
  enableParamEnum: true,
  enableProvenanceInStatus: true,
  enforceNonfalsifiability: 'none',
  maxResultSize: 1_572_864,
  resultExtractionMethod: 'termination-message',
  verificationNoMatchPolicy: 'ignore',
} as const;
