import { SlipwayError } from '@slipway/contracts';
import type { BusConfig } from './open-bus.js';

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Typed reading of environment variables, for `config.ts` only. Collects every problem; `done()` throws them together:
 *
 *     const read = new EnvReader(env);
 *     const config = { port: read.port('PORT', 8080), natsUrl: read.text('NATS_URL', 'nats://127.0.0.1:4222') };
 *     read.done();
 */
export class EnvReader {
  readonly #problems: string[] = [];

  constructor(private readonly env: Env) {}

  /** A text; required when there is no fallback. */
  text(name: string, fallback?: string): string {
    const raw = this.#raw(name);
    if (raw !== undefined) return raw;
    if (fallback === undefined) this.#problem(`${name} is missing`);
    return fallback ?? '';
  }

  optional(name: string): string | undefined {
    return this.#raw(name);
  }

  /** A name that can stand in a subject and be a durable's: letters, digits, `-` and `_`. */
  name(name: string, fallback: string): string {
    const raw = this.#raw(name) ?? fallback;
    if (/^[\w-]{1,63}$/.test(raw)) return raw;
    return this.#problem(`${name} must be up to 63 letters, digits, "-" and "_", not "${raw}"`, fallback);
  }

  integer(name: string, fallback: number, range: { min?: number; max?: number } = {}): number {
    const raw = this.#raw(name);
    if (raw === undefined) return fallback;
    const value = /^-?\d+$/.test(raw) ? Number(raw) : NaN;
    if (!Number.isSafeInteger(value)) return this.#problem(`${name} must be a whole number, not "${raw}"`, fallback);
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = range;
    if (value < min || value > max) {
      return this.#problem(`${name} must be between ${min} and ${max}, not ${raw}`, fallback);
    }
    return value;
  }

  /** A TCP port; 0 lets the kernel choose. */
  port(name: string, fallback: number): number {
    return this.integer(name, fallback, { min: 0, max: 65_535 });
  }

  flag(name: string, fallback: boolean): boolean {
    const raw = this.#raw(name)?.toLowerCase();
    if (raw === undefined) return fallback;
    if (['1', 'true', 'yes', 'on'].includes(raw)) return true;
    if (['0', 'false', 'no', 'off'].includes(raw)) return false;
    return this.#problem(`${name} must be true or false, not "${raw}"`, fallback);
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const raw = this.#raw(name);
    if (raw === undefined) return fallback;
    const found = allowed.find((value) => value === raw);
    return found ?? this.#problem(`${name} must be one of ${allowed.join(', ')}, not "${raw}"`, fallback);
  }

  /** Entries with commas between them. */
  list(name: string): string[] {
    const entries = (this.#raw(name) ?? '').split(',').map((entry) => entry.trim());
    return entries.filter((entry) => entry !== '');
  }

  /** `NATS_URL`, `NATS_PASSWORD_FILE`, `NATS_REPLICAS`. */
  bus(): BusConfig {
    const natsPasswordFile = this.optional('NATS_PASSWORD_FILE');
    return {
      natsUrl: this.text('NATS_URL', 'nats://127.0.0.1:4222'),
      ...(natsPasswordFile === undefined ? {} : { natsPasswordFile }),
      natsReplicas: this.integer('NATS_REPLICAS', 1, { min: 1, max: 5 }),
    };
  }

  /** `LOG_LEVEL`. */
  logLevel(): string {
    return this.oneOf('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info');
  }

  /** `LOG_FORMAT`. */
  logFormat(): 'json' | 'text' {
    return this.oneOf('LOG_FORMAT', ['json', 'text'], 'json');
  }

  /** Adds a problem that only the caller can see; returns the fallback, to go on and find the others. */
  problem<T>(message: string, fallback: T): T {
    return this.#problem(message, fallback);
  }

  /** Throws SlipwayError('invalid') with every problem found. */
  done(): void {
    if (this.#problems.length === 0) return;
    throw new SlipwayError('invalid', 'BadConfig', `${this.#problems.join('; ')}.`, {
      hint: 'Set the environment variables as docs/operating.md lists them.',
    });
  }

  #raw(name: string): string | undefined {
    const raw = this.env[name];
    return raw === undefined || raw === '' ? undefined : raw;
  }

  #problem(message: string): void;
  #problem<T>(message: string, fallback: T): T;
  #problem<T>(message: string, fallback?: T): T | undefined {
    this.#problems.push(message);
    return fallback;
  }
}
