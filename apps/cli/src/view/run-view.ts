// What `run` shows while runs go on. On a terminal: log lines scroll, and below them a tree redraws itself; elsewhere:
// whole lines, each written once.

import { ANNOTATIONS, isDone, succeeded, type TaskRun } from '@slipway/contracts';
import type { LogLineOf, Observer } from '../api/observer.js';
import type { RunObject, RunRef } from '../api/run-kind.js';
import { safeLine } from '../core/escapes.js';
import { rowOfTaskRun, rowsOf, stateOf, type ChildOfRun, type TaskRow } from '../core/run-rows.js';
import { durationText, treeLines, type PaintState } from '../core/tree-text.js';
import { painter, type Terminal } from '../terminal.js';
import { statePainter } from './state-style.js';

interface Shown {
  ref: RunRef;
  run?: RunObject;
  /** Runs of its tasks, of whichever kind, by kind and name. */
  taskRuns: Map<string, ChildOfRun>;
  /** By our own clock: the API's times are whole seconds. */
  seen: Map<string, { startMs: number; endMs?: number }>;
}

const FRAME_MS = 100;

export class RunView implements Observer {
  readonly #runs = new Map<string, Shown>();
  readonly #notices = new Set<string>();
  readonly #paint: PaintState;
  #drawn = 0;
  #timer: NodeJS.Timeout | undefined;
  #pending = '';

  constructor(private readonly terminal: Terminal) {
    this.#paint = statePainter(terminal.colors);
    if (terminal.draws) this.#timer = setInterval(() => this.#draw(), FRAME_MS).unref();
  }

  say(text: string): void {
    this.#print(`${safeLine(text, this.terminal.colors)}\n`);
  }

  add(ref: RunRef): void {
    this.#runs.set(keyOf(ref), { ref, taskRuns: new Map(), seen: new Map() });
  }

  onRun(ref: RunRef, run: RunObject): void {
    const shown = this.#of(ref);
    const wasDone = shown.run !== undefined && isDone(shown.run);
    shown.run = run;
    this.#see(shown, run.metadata.name, run);
    this.#imageNotice(run);
    if (!wasDone && isDone(run)) this.#draw();
  }

  onTaskRun(ref: RunRef, taskRun: ChildOfRun): void {
    const shown = this.#of(ref);
    shown.taskRuns.set(`${taskRun.kind}/${taskRun.metadata.name}`, taskRun);
    this.#see(shown, taskRun.metadata.name, taskRun);
    this.#imageNotice(taskRun);
  }

  onNested(ref: RunRef, child: ChildOfRun): void {
    this.#see(this.#of(ref), child.metadata.name, child);
    this.#imageNotice(child);
  }

  onTaskEnd(ref: RunRef, taskRun: TaskRun, task: string): void {
    if (this.terminal.draws || ref.kind !== 'PipelineRun') return; // the tree says it
    const shown = this.#of(ref);
    const { name, state, startMs, endMs, note } = this.#timed(shown, rowOfTaskRun(taskRun, task));
    const time = startMs === undefined ? '' : ` after ${durationText((endMs ?? Date.now()) - startMs)}`;
    this.say(`${this.#prefix(ref, name)} ${state}${time}${note === undefined ? '' : `: ${note}`}`);
  }

  onLine({ run, task, step, text }: LogLineOf): void {
    if (this.#notices.has(text.replace(/^slipway: /, ''))) return; // the pod says it too
    const prefix = this.#paint('dim', this.#prefix(run, `${task} : ${step}`));
    this.#print(`${prefix} ${safeLine(text, this.terminal.colors)}\n`);
  }

  onNotice(text: string): void {
    if (this.#notices.has(text)) return;
    this.#notices.add(text);
    this.say(`${this.terminal.colors ? painter(true)('yellow', 'note:') : 'note:'} ${text}`);
  }

  /** The tree as it stays, and the outcome of every run; whole lines, which nothing erases any more. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#erase();
    for (const shown of this.#runs.values()) {
      this.terminal.out('\n');
      for (const line of this.#lines(shown, 'none', Infinity)) this.terminal.out(`${line}\n`);
    }
  }

  #of(ref: RunRef): Shown {
    const key = keyOf(ref);
    if (!this.#runs.has(key)) this.add(ref);
    return this.#runs.get(key)!;
  }

  #prefix(ref: RunRef, text: string): string {
    return this.#runs.size > 1 && text !== ref.name ? `[${ref.name}/${text}]` : `[${text}]`;
  }

  #see(shown: Shown, name: string, object: RunObject | ChildOfRun): void {
    const nowMs = Date.now();
    const seen = shown.seen.get(name);
    if (seen === undefined) shown.seen.set(name, { startMs: nowMs, ...(isDone(object) ? { endMs: nowMs } : {}) });
    else if (seen.endMs === undefined && isDone(object)) seen.endMs = nowMs;
  }

  #imageNotice({ metadata }: RunObject | ChildOfRun): void {
    const notice = metadata.annotations?.[ANNOTATIONS.imageNotice];
    if (notice !== undefined) for (const line of notice.split('\n')) this.onNotice(safeLine(line, false));
  }

  #timed(shown: Shown, row: TaskRow): TaskRow {
    const seen = row.taskRun === undefined || row.startMs === undefined ? undefined : shown.seen.get(row.taskRun);
    return seen === undefined ? row : { ...row, ...seen };
  }

  #lines(shown: Shown, steps: 'running' | 'none', columns: number): string[] {
    const { ref, run } = shown;
    const nowMs = Date.now();
    const condition = run === undefined ? undefined : succeeded(run);
    const state = stateOf(condition, run?.status?.startTime !== undefined);
    const seen = shown.seen.get(ref.name);
    const time = seen === undefined ? '' : ` ${durationText((seen.endMs ?? nowMs) - seen.startMs)}`;
    const word = condition?.status === 'True' || condition?.status === 'False' ? (condition.reason ?? state) : state;
    const message = condition?.status === 'Unknown' ? '' : (condition?.message ?? '');
    const heading = `${ref.kind} ${ref.name}: ${this.#paint(state, word)}${time}${message === '' ? '' : this.#paint('dim', `  ${safeLine(message.replaceAll('\n', ' '), false)}`)}`;
    const rows = run === undefined ? [] : rowsOf(run, [...shown.taskRuns.values()]);
    const timed = rows
      .map((row) => this.#timed(shown, row))
      .map((row) => ({
        ...row,
        ...(row.note === undefined ? {} : { note: safeLine(row.note.replaceAll('\n', ' '), false) }),
      }));
    return [
      clipVisible(heading, columns),
      ...treeLines(timed, { nowMs, paint: this.#paint, columns, steps }),
      ...resultLines(run),
    ];
  }

  #print(text: string): void {
    if (!this.terminal.draws) {
      this.terminal.out(text);
      return;
    }
    this.#pending += text;
    if (this.#pending.length > 16_384) this.#draw();
  }

  /** One write a frame: what was drawn is erased, new lines scroll in, and the tree is drawn anew below them. */
  #draw(): void {
    if (this.#timer === undefined) return;
    const columns = this.terminal.columns();
    const room = Math.max(3, this.terminal.rows() - 2);
    let lines = [...this.#runs.values()].flatMap((shown) => this.#lines(shown, 'running', columns - 1));
    if (lines.length > room)
      lines = [...lines.slice(0, room - 1), this.#paint('dim', `… ${lines.length - room + 1} more`)];
    const erase = this.#drawn > 0 ? `\x1b[${this.#drawn}A\x1b[0J` : '';
    this.terminal.out(`${erase}${this.#pending}${lines.map((line) => `${line}\n`).join('')}`);
    this.#pending = '';
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn > 0) this.terminal.out(`\x1b[${this.#drawn}A\x1b[0J`);
    this.#drawn = 0;
    this.terminal.out(this.#pending);
    this.#pending = '';
  }
}

function keyOf(ref: RunRef): string {
  return `${ref.kind}/${ref.namespace}/${ref.name}`;
}

function resultLines(run: RunObject | undefined): string[] {
  const status = run?.status ?? {};
  const results = 'results' in status ? (status.results ?? []) : [];
  return results.map(({ name, value }) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `  ${name} = ${safeLine(text.trimEnd().replaceAll('\n', '\\n'), false)}`;
  });
}

/** Cuts a line that may hold colours to what fits. */
function clipVisible(line: string, columns: number): string {
  let visible = 0;
  let out = '';
  for (const piece of line.split(/(\x1b\[[0-9;]*m)/)) {
    if (piece.startsWith('\x1b')) out += piece;
    else {
      out += piece.slice(0, Math.max(0, columns - visible));
      visible += piece.length;
    }
  }
  return out;
}
