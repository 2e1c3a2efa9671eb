import { execFileSync, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { stepGuardTree } from '@slipway/contracts';
import { tempDir } from '@slipway/testing';
import { CEL_GUARDS, CEL_PATTERNS } from '@slipway/testing/cel-cases';

const PACKAGE = resolve(import.meta.dirname, '../../../packages/entrypoint');
/** True of every step, and unknown before it begins: so the entrypoint has to evaluate what stands beside it. */
const UNKNOWN = "'$(steps.none.results.none)'.startsWith('$')";

describe('the entrypoint, about guards in CEL', () => {
  let dir: Awaited<ReturnType<typeof tempDir>>;
  beforeAll(async () => {
    dir = await tempDir();
    execFileSync('make', ['-s', '-C', PACKAGE, 'sanitized'], { stdio: 'inherit' });
  });
  afterAll(() => dir.remove());

  function run(expressions: readonly string[]): { ran: boolean; stderr: string; code: number | null } {
    const guards = expressions.map((cel) => ({ cel, tree: stepGuardTree(`(${cel}) && ${UNKNOWN}`) }));
    const args = ['-termination_path', join(dir.path, 'message'), '-when_expressions', JSON.stringify(guards)];
    const entrypoint = join(PACKAGE, 'build/sanitized/entrypoint');
    const ended = spawnSync(entrypoint, [...args, '-entrypoint', 'echo', '--', 'ran'], { encoding: 'utf8' });
    return { ran: ended.stdout === 'ran\n', stderr: ended.stderr, code: ended.status };
  }

  const holding = CEL_GUARDS.map(([text, holds]) => (holds ? text.replace(/\/\/.*/, '') : `!(${text})`));
  const matching = CEL_PATTERNS.flatMap(([pattern, texts, others]) => [
    ...texts.map((text) => `${JSON.stringify(text)}.matches('${pattern}')`),
    ...others.map((text) => `!${JSON.stringify(text)}.matches('${pattern}')`),
  ]);

  it('agrees with the compiler on every expression of the table', () => {
    const failing = run(holding).ran ? [] : holding.filter((cel) => !run([cel]).ran);
    expect(failing).toEqual([]);
  });

  it('agrees with the compiler on every pattern of the table', () => {
    const failing = run(matching).ran ? [] : matching.filter((cel) => !run([cel]).ran);
    expect(failing).toEqual([]);
  });

  it.each([
    ['1 / 0 == 1', 'division by zero'],
    ['9223372036854775807 + 1 > 0', 'integer overflow'],
    ['0u - 1u == 0u', 'unsigned integer overflow'],
    ['[1][3] == 1', 'index out of bounds'],
    ["{'a': 1}['b'] == 1", 'no such key'],
    ["int('x') == 1", 'type conversion error from string to int'],
    ["'a'.matches('(')", 'missing closing )'],
    [
      `[${Array(200).fill('1').join(',')}].all(a, [${Array(200).fill('1').join(',')}].all(b, [${Array(200).fill('1').join(',')}].all(c, a == b && b == c)))`,
      'cost limit exceeded',
    ],
  ])('fails the step that is guarded by %s', (cel, problem) => {
    expect(run([cel])).toEqual({ ran: false, code: 1, stderr: expect.stringContaining(problem) as string });
  });

  it('does not look twice at a character, whatever the pattern', () => {
    expect(run([`!'${'a'.repeat(5000)}!'.matches('^(a+)+$')`]).ran).toBe(true);
  });

  it('leaves a step out whose guard does not hold', () => {
    expect(run(["'a' == 'b'"])).toMatchObject({ ran: false, code: 0 });
  });
});
