/** Injection tokens; symbols, because an interface has no runtime name. */
export const BUS = Symbol('Bus');
export const STORE = Symbol('LogStore');
