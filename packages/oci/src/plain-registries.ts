const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/;

/** Whether a registry speaks no TLS: the operator names those, as `host` or `host:port`; on loopback none does. */
export function isPlainRegistry(registry: string, named: readonly string[]): boolean {
  return LOOPBACK.test(registry) || named.includes(registry);
}
