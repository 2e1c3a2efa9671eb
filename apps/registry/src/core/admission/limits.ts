// What admission allows by setting.

export interface AdmissionLimits {
  /** Runs of one fanned-out pipeline task; Tekton's `default-max-matrix-combinations-count`. */
  maxMatrixCombinations: number;
}

/** Tekton's. Each combination is a TaskRun: without a bound one line of YAML makes millions. */
export const DEFAULT_LIMITS: AdmissionLimits = { maxMatrixCombinations: 256 };
