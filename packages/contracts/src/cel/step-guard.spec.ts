import { stepGuardTree } from './step-guard.js';

describe('stepGuardTree', () => {
  it('is the value where nothing is left to know', () => {
    expect(stepGuardTree("'a' == 'a'")).toEqual({ op: 'bool', value: true });
  });

  it('is the tree, with its patterns compiled, where a result is still to come', () => {
    expect(stepGuardTree("'$(steps.s.results.r)'.matches('^a')")).toEqual({
      op: 'matches',
      args: [{ op: 'string', value: '$(steps.s.results.r)' }],
      program: [{ op: 'at', edge: 'start' }, { op: 'any', ranges: [97, 97] }, { op: 'match' }],
    });
  });

  it.each([
    ['1 / 0 == 1', '1 / 0 == 1: division by zero'],
    ["'$(steps.s.results.r)' == 1", "found no matching overload for '_==_' applied to '(string, int)'"],
    ["'a'.matches('$(steps.s.results.r)')", 'the pattern of matches must be known before the step begins'],
  ])('says what is wrong with %s', (text, problem) => {
    expect(stepGuardTree(text)).toEqual({ op: 'error', value: expect.stringContaining(problem) as string });
  });
});
