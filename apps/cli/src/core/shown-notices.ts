// Notices of the platform among the lines of a run. Each run says them once, at the head of a step; a reader of nested
// runs, who sees the lines of all of them, is told once too.

interface Line {
  run: { name: string };
  task: string;
  step: string;
  text: string;
}

export class ShownNotices {
  readonly #shown = new Set<string>();
  /** Steps whose own output has begun: what looks like a notice there is theirs. */
  readonly #begun = new Set<string>();

  /** Whether the line is a notice that was read before. Wants every line of a run, in the order of their steps. */
  repeats({ run, task, step, text }: Line, hasTimestamp = false): boolean {
    const own = hasTimestamp ? text.replace(/^\S+ /, '') : text;
    const place = `${run.name}/${task}/${step}`;
    if (this.#begun.has(place)) return false;
    if (!own.startsWith('slipway: ')) {
      this.#begun.add(place);
      return false;
    }
    const isKnown = this.#shown.has(own);
    this.#shown.add(own);
    return isKnown;
  }
}
