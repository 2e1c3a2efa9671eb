// How parts of a shell script are quoted: as far as POSIX shells and bash agree, in one pass.
//
//   Q1. Linear in the script: every character is looked at once, every line of a here-document once.
//   Q2. A part is an atom: what it will hold is not known, so it neither opens nor closes anything.

/** Where a part of a script stands. In `double`, the shell still expands; in `single`, only a quote ends it. */
export type Quoting = 'none' | 'double' | 'single' | 'comment';

/** Character offsets in the script; `end` is behind the part. */
export interface ScriptPart {
  start: number;
  end: number;
}

/** The quoting of each part. Parts are in order and do not overlap. A here-document counts as the quotes it acts like. */
export function quotingOf(script: string, parts: readonly ScriptPart[]): Quoting[] {
  return new Lexer(script, parts).quotings();
}

/** What is open: the script itself, `$(…)` or `(…)`, `$((…))`, backticks, double quotes. */
type Scope = 'script' | 'command' | 'arithmetic' | 'backtick' | 'double';

interface HereDocument {
  delimiter: string;
  quoted: boolean;
  /** `<<-`: tabs before the lines do not count. */
  indented: boolean;
}

class Lexer {
  readonly #found: Quoting[] = [];
  readonly #scopes: Scope[] = ['script'];
  readonly #hereDocuments: HereDocument[] = [];
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly parts: readonly ScriptPart[],
  ) {}

  quotings(): Quoting[] {
    while (this.#next !== undefined) {
      if (this.#next.start <= this.#at || this.#at >= this.text.length)
        this.#take(this.#scope === 'double' ? 'double' : 'none');
      else if (this.#scope === 'double') this.#inDoubleQuotes();
      else this.#inCode();
    }
    return this.#found;
  }

  get #next(): ScriptPart | undefined {
    return this.parts[this.#found.length];
  }

  get #scope(): Scope {
    return this.#scopes.at(-1)!;
  }

  #take(quoting: Quoting): void {
    this.#at = Math.max(this.#at, this.#next!.end);
    this.#found.push(quoting);
  }

  #inDoubleQuotes(): void {
    const char = this.text[this.#at];
    if (char === '\\') this.#skipEscaped();
    else if (char === '"') this.#close();
    else if (char === '`') this.#backtick();
    else if (this.text.startsWith('$((', this.#at)) this.#open('arithmetic', 3);
    else if (this.text.startsWith('$(', this.#at)) this.#open('command', 2);
    else this.#at++;
  }

  #inCode(): void {
    switch (this.text.charAt(this.#at)) {
      case '\\':
        return this.#skipEscaped();
      case "'":
        return this.#singleQuotes(this.text[this.#at - 1] === '$');
      case '"':
        return this.#open('double', 1);
      case '`':
        return this.#backtick();
      case '(':
        return this.text[this.#at + 1] === '(' ? this.#open('arithmetic', 2) : this.#open('command', 1);
      case ')':
        return this.#parenthesis();
      case '#':
        return this.#startsWord() ? this.#until(this.#lineEnd(), 'comment') : this.#skip(1);
      case '<':
        return this.#scope !== 'arithmetic' && this.text[this.#at + 1] === '<' ? this.#redirection() : this.#skip(1);
      case '\n':
        this.#skip(1);
        return this.#bodies();
      default:
        return this.#skip(1);
    }
  }

  #skip(count: number): void {
    this.#at += count;
  }

  #open(scope: Scope, width: number): void {
    this.#scopes.push(scope);
    this.#at += width;
  }

  #close(): void {
    if (this.#scopes.length > 1) this.#scopes.pop();
    this.#at++;
  }

  /** Never steps into a part (Q2). */
  #skipEscaped(): void {
    this.#at += this.#next?.start === this.#at + 1 ? 1 : 2;
  }

  #backtick(): void {
    if (this.#scope === 'backtick') this.#close();
    else this.#open('backtick', 1);
  }

  /** The pattern of a `case` closes nothing. */
  #parenthesis(): void {
    if (this.#scope === 'arithmetic' && this.text[this.#at + 1] === ')') this.#at++;
    if (this.#scope === 'command' || this.#scope === 'arithmetic') this.#close();
    else this.#at++;
  }

  #singleQuotes(hasEscapes: boolean): void {
    let end = this.#at + 1;
    while (end < this.text.length && this.text[end] !== "'") {
      end += hasEscapes && this.text[end] === '\\' ? 2 : 1;
    }
    this.#until(end, 'single');
    this.#at = Math.max(this.#at, end + 1);
  }

  /** Goes to `end`, through all parts before it. */
  #until(end: number, quoting: Quoting): void {
    while (this.#next !== undefined && this.#next.start < end) this.#take(quoting);
    this.#at = Math.max(this.#at, end);
  }

  #startsWord(): boolean {
    return this.#at === 0 || /[\s;&|()]/.test(this.text[this.#at - 1]!);
  }

  #lineEnd(): number {
    const end = this.text.indexOf('\n', this.#at);
    return end < 0 ? this.text.length : end;
  }

  /** `<<EOF`, `<<-'EOF'`; `<<<` is no here-document. */
  #redirection(): void {
    HERE_DOCUMENT.lastIndex = this.#at;
    const match = HERE_DOCUMENT.exec(this.text);
    if (match === null || this.text[this.#at + 2] === '<') return this.#skip(this.text[this.#at + 2] === '<' ? 3 : 2);
    const [whole, dash, single, double, bare = ''] = match;
    const delimiter = single ?? double ?? bare.replaceAll('\\', '');
    const quoted = single !== undefined || double !== undefined || bare.includes('\\');
    this.#hereDocuments.push({ delimiter, quoted, indented: dash === '-' });
    this.#skip(whole.length);
  }

  /** The bodies of the here-documents that the line before began. */
  #bodies(): void {
    for (const { delimiter, quoted, indented } of this.#hereDocuments.splice(0)) {
      while (this.#at < this.text.length) {
        const end = this.#lineEnd();
        const line = this.text.slice(this.#at, end);
        this.#until(end, quoted ? 'single' : 'double');
        this.#at = Math.max(this.#at, end + 1);
        if ((indented ? line.replace(/^\t+/, '') : line) === delimiter) break;
      }
    }
  }
}

const HERE_DOCUMENT = /<<(-?)[ \t]*(?:'([^'\n]*)'|"([^"\n]*)"|([^\s;&|<>()'"`]+))/y;
