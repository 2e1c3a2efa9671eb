/** Injection tokens; symbols, because an interface has no runtime name. */
export const OBJECT_STORE = Symbol('ObjectStore');
export const ADMISSION_LIMITS = Symbol('AdmissionLimits');
export const LEASE_CALLS = Symbol('CallReplicas');
