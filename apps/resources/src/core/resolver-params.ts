// The params of a reference as a resolver reads them: texts by name, every problem told at once.

import { SlipwayError, type Param } from '@slipway/contracts';

/** A longer value is no address, path or name. Characters. */
const MAX_VALUE = 8192;

export class ResolverParams {
  readonly #values = new Map<string, string>();
  readonly #problems: string[] = [];

  constructor(
    private readonly resolver: string,
    params: readonly Param[],
  ) {
    for (const { name, value } of params) {
      if (typeof value !== 'string') this.#problems.push(`param "${name}" must be a string`);
      else if (value.length > MAX_VALUE) this.#problems.push(`param "${name}" is longer than ${MAX_VALUE} characters`);
      else this.#values.set(name, value);
    }
  }

  /** Undefined when absent or empty. */
  optional(name: string): string | undefined {
    const value = this.#values.get(name);
    return value === '' ? undefined : value;
  }

  required(name: string): string {
    const value = this.optional(name);
    if (value === undefined) this.#problems.push(`param "${name}" is missing`);
    return value ?? '';
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.optional(name);
    if (value === undefined) return fallback;
    const found = allowed.find((one) => one === value.toLowerCase());
    if (found === undefined) this.#problems.push(`param "${name}" must be one of ${allowed.join(', ')}`);
    return found ?? fallback;
  }

  problem(text: string): void {
    this.#problems.push(text);
  }

  /** Throws `invalid` with every problem found so far. */
  done(): void {
    if (this.#problems.length === 0) return;
    const message = `the params of the ${this.resolver} resolver cannot be used: ${this.#problems.join('; ')}`;
    throw new SlipwayError('invalid', 'BadResolverParams', message);
  }
}
