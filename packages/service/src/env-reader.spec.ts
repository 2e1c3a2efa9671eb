import { EnvReader } from './env-reader.js';

describe('EnvReader', () => {
  test('reads what is there, and takes the fallback for what is absent or empty', () => {
    const read = new EnvReader({ A: 'text', N: '7', F: 'Yes', O: 'b', EMPTY: '' });
    expect([read.text('A'), read.text('EMPTY', 'else'), read.text('NONE', 'else')]).toEqual(['text', 'else', 'else']);
    expect([read.integer('N', 1), read.integer('EMPTY', 1), read.port('NONE', 8080)]).toEqual([7, 1, 8080]);
    expect([read.flag('F', false), read.flag('NONE', true)]).toEqual([true, true]);
    expect([read.oneOf('O', ['a', 'b'], 'a'), read.oneOf('NONE', ['a', 'b'], 'a')]).toEqual(['b', 'a']);
    expect([read.name('A', 'a-0'), read.name('NONE', 'a-0')]).toEqual(['text', 'a-0']);
    expect([read.optional('A'), read.optional('EMPTY')]).toEqual(['text', undefined]);
    expect([read.logLevel(), read.logFormat()]).toEqual(['info', 'json']);
    read.done();
  });

  test('names every problem at once', () => {
    const read = new EnvReader({ N: '7x', P: '99999', F: 'maybe', O: 'c', I: 'a.b', LOG_LEVEL: 'loud' });
    read.text('MISSING');
    read.integer('N', 1);
    read.port('P', 1);
    read.flag('F', true);
    read.oneOf('O', ['a', 'b'], 'a');
    read.name('I', 'a-0');
    read.logLevel();
    read.problem('TOKENS_FILE names no file', undefined);
    let message = '';
    try {
      read.done();
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.split('; ')).toEqual([
      'MISSING is missing',
      'N must be a whole number, not "7x"',
      'P must be between 0 and 65535, not 99999',
      'F must be true or false, not "maybe"',
      'O must be one of a, b, not "c"',
      'I must be up to 63 letters, digits, "-" and "_", not "a.b"',
      'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not "loud"',
      'TOKENS_FILE names no file.',
    ]);
  });
});
