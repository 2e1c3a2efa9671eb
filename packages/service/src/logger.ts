import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

export type { Logger };

/** Never in a log, at any of the depths where requests, headers and objects carry them. */
const SECRET_KEYS = ['authorization', 'password', 'token', 'secret', 'cookie', 'stringData'];
const REDACTED = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

export interface LoggerOptions {
  /** `json`: one object a line. `text`: one readable line. */
  format?: 'json' | 'text';
  /** Where lines go; standard error when absent, because standard output belongs to what a command prints. */
  write?: (line: string) => void;
}

/**
 * The logger of a service: JSON lines on standard error, secrets redacted.
 * Use `child({ run, task, requestId })` for everything that belongs to one of them.
 */
export function createLogger(service: string, level: string, options: LoggerOptions = {}): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const text = options.format === 'text';
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED, censor: '***' },
    },
    { write: text ? (line: string) => write(readable(line)) : write },
  );
}

/** `12:00:00.123 warn registry: lost the connection server=127.0.0.1:4222` */
function readable(line: string): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { time, level, service, msg, err, ...rest } = fields;
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const pairs = Object.entries(rest).map(([key, value]) => ` ${key}=${plain(value)}`);
  const failure = isError(err) ? `\n  ${(err.stack ?? err.message ?? '').replaceAll('\n', '\n  ')}` : '';
  return `${clock} ${plain(level)} ${plain(service)}: ${plain(msg)}${pairs.join('')}${failure}\n`;
}

function plain(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isError(value: unknown): value is { stack?: string; message?: string } {
  return typeof value === 'object' && value !== null;
}

/** Nest's own messages on our logger. Its start-up chatter is `debug` here. */
export function nestLogger(logger: Logger): LoggerService {
  const say =
    (level: 'debug' | 'warn' | 'error' | 'fatal') =>
    (message: unknown, ...rest: unknown[]): void => {
      const context = rest.at(-1);
      const fields = typeof context === 'string' ? { context } : {};
      if (message instanceof Error) logger[level]({ ...fields, err: message }, message.message);
      else logger[level](fields, typeof message === 'string' ? message : JSON.stringify(message));
    };
  return {
    log: say('debug'),
    debug: say('debug'),
    verbose: say('debug'),
    warn: say('warn'),
    error: say('error'),
    fatal: say('fatal'),
  };
}
