import { quotingOf, type ScriptPart } from './shell-quoting.js';

/** The parts are the numbers in the script. */
function quotings(script: string): string {
  const parts: ScriptPart[] = [...script.matchAll(/\d/g)].map(({ index }) => ({ start: index, end: index + 1 }));
  return quotingOf(script, parts).join(' ');
}

describe('quotingOf', () => {
  // prettier-ignore
  it.each<[what: string, script: string, quotings: string]>([
    ['a bare word', 'echo 1', 'none'],
    ['an assignment', 'A=1', 'none'],
    ['double quotes', 'echo "a 1" 2', 'double none'],
    ['single quotes', "echo 'a 1' 2", 'single none'],
    ['an escaped quote', 'echo "\\" 1" \\" 2', 'double none'],
    ['a quote inside the other kind', `echo "it's 1" 'say "2"'`, 'double single'],
    ['ANSI-C quotes with an escaped quote', "echo $'don\\'t 1' 2", 'single none'],
    ['a comment, and what only looks like one', 'a # it\'s "1\nb#2 "#3"', 'comment none double'],
    ['a command inside double quotes', 'echo "$(cat 1 "2")3"', 'none double double'],
    ['backticks inside double quotes', 'echo "`cat 1`2"', 'none double'],
    ['arithmetic, where << shifts', 'echo $((1 << 2)) "3"\n4', 'none none double none'],
    ['an escaped part', 'echo \\1 "\\2"', 'none double'],
    ['a here-document', 'cat <<EOF\n1\nEOF\n2', 'double none'],
    ['a quoted here-document', "cat <<'EOF' 1\n2 \"\nEOF\n3", 'none single none'],
    ['an indented here-document', 'cat <<-\\END\n\t1\n\tEND\n2', 'single none'],
    ['two here-documents of one line', 'cat <<A - <<"B"\n1\nA\n2\nB\n3', 'double single none'],
    ['a here-string', 'cat <<< 1\n2', 'none none'],
    ['the patterns of a case', 'case 1 in a) b "2";; (c) 3;; esac\n4', 'none double none none'],
    ['a quote that nothing closes', "echo don't 1", 'single'],
  ])('finds %s', (_what, script, expected) => {
    expect(quotings(script)).toBe(expected);
  });

  it('takes time in proportion to the script, whatever is open in it', () => {
    for (const piece of ['$(', '"', "'", '`', '\\', '<<E\n', '<<', '((', '#', '1']) {
      const script = `${piece}1`.repeat(50_000);
      const parts = [...script.matchAll(/1/g)].map(({ index }) => ({ start: index, end: index + 1 }));
      expect(quotingOf(script, parts)).toHaveLength(parts.length);
    }
  });

  it('knows every part of any script, in order', () => {
    const seed = 1 + (Date.now() % 1_000_000);
    let state = seed;
    const random = (): number => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff) / 0x7fffffff;
    const pieces = ['"', "'", '\\', '$(', ')', '`', '#', '\n', ' ', '<<E', "<<-'E'", 'E', '((', '))', '1', 'a'];
    for (let round = 0; round < 500; round++) {
      const script = Array.from({ length: 30 }, () => pieces[Math.floor(random() * pieces.length)]).join('');
      const parts = [...script.matchAll(/1/g)].map(({ index }) => ({ start: index, end: index + 1 }));
      expect({ seed, script, count: quotingOf(script, parts).length }).toEqual({ seed, script, count: parts.length });
    }
  });
});
