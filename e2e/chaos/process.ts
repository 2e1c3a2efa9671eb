// A program that the test starts, stops, pauses and kills, and that ends with the test, however that ends.

import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';

export interface Program {
  command: readonly [program: string, args: readonly string[]];
  env?: NodeJS.ProcessEnv;
  /** What it prints is added to this file. */
  logFile: string;
  isReady: () => Promise<boolean>;
}

/** Eight processes start at once. */
const READY_MS = 180_000;

export class TestProcess {
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(
    readonly name: string,
    private readonly program: Program,
  ) {}

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Resolves at once; `ready` tells when it does its work. */
  launch(): void {
    const [program, args] = this.program.command;
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
      env: { ...process.env, ...this.program.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(this.program.logFile, { flags: 'a' });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        if (this.#child === child) this.#child = undefined;
        log.end(`-- ended: ${signal ?? code}\n`);
        resolve(undefined);
      });
    });
  }

  async ready(): Promise<void> {
    const deadline = Date.now() + READY_MS;
    while (!(await this.program.isReady())) {
      if (!this.isRunning) throw new Error(`${this.name} ended by itself; see ${this.program.logFile}`);
      if (Date.now() > deadline) throw new Error(`${this.name} is not ready after ${READY_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async start(): Promise<void> {
    this.launch();
    await this.ready();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** SIGKILL unless said otherwise; resolves when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child?.kill(signal);
    await this.#ended;
  }
}
