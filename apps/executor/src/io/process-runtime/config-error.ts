/**
 * A container cannot be made as the pod describes it: something that it refers to is not there (yet). The pod waits with
 * reason `CreateContainerConfigError` and this message, and it is tried again.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The pod asks for something that this runtime never does; it fails with this reason and message. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';

  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}
