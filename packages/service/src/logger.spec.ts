import { createLogger, nestLogger } from './logger.js';

const lines: string[] = [];
const write = (line: string): void => void lines.push(line);
beforeEach(() => void lines.splice(0));

describe('a logger', () => {
  test('writes one JSON object a line, with service, level and what the child adds', () => {
    createLogger('registry', 'info', { write }).child({ run: 'ns/r', requestId: 'q1' }).info({ n: 1 }, 'hello');
    expect(JSON.parse(lines[0]!)).toMatchObject({
      service: 'registry',
      level: 'info',
      run: 'ns/r',
      requestId: 'q1',
      n: 1,
      msg: 'hello',
    });
  });

  test('lets no secret through, at the depths where they occur', () => {
    const log = createLogger('registry', 'info', { write });
    log.info({ token: 's3cret', headers: { authorization: 's3cret', cookie: 's3cret' } }, 'a');
    log.info({ request: { headers: { authorization: 's3cret' }, body: { password: 's3cret' } } }, 'b');
    log.child({ secret: 's3cret' }).info({ object: { stringData: { a: 's3cret' } } }, 'c');
    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toContain('s3cret');
    expect(lines.join('')).toContain('***');
  });

  test('keeps the whole chain of an error', () => {
    const error = new Error('outer', { cause: new Error('inner') });
    createLogger('registry', 'info', { write }).error({ err: error }, 'failed');
    expect(lines[0]).toContain('outer');
    expect(lines[0]).toContain('inner');
  });

  test('writes lines for people when told to', () => {
    const log = createLogger('registry', 'debug', { write, format: 'text' });
    log.warn({ subject: 'log.1' }, 'trying on');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn registry: trying on subject=log\.1\n$/);
  });

  test('says what Nest says, its chatter as debug', () => {
    const info = nestLogger(createLogger('registry', 'info', { write }));
    info.log('Starting Nest application...', 'NestFactory');
    expect(lines).toEqual([]);
    info.error(new Error('broken'), 'stack', 'Injector');
    info.warn('careful', 'Router');
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['broken', 'careful']);
  });
});
