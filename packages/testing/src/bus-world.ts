// What the cases of the bus's contract share: a server that they may mistreat, and two connections to it.

import { CHANGES, type Broken, type Bus } from '@slipway/bus';

/** A server and connections to it. */
export interface BusWorld {
  connect(): Promise<Bus>;
  /** The server dies without a word. */
  kill(): Promise<void>;
  /** It comes back with what it had stored. */
  start(): Promise<void>;
  /** Deletes what it has stored; only while it is dead. */
  wipe(): Promise<void>;
  close(): Promise<void>;
}

/** One case's world. Made new before each case. */
export class BusCase {
  readonly endOfCase: Promise<void>;
  #end!: () => void;

  private constructor(
    readonly world: BusWorld,
    readonly bus: Bus,
    readonly other: Bus,
  ) {
    this.endOfCase = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  static async open(world: BusWorld): Promise<BusCase> {
    const [bus, other] = await Promise.all([world.connect(), world.connect()]);
    return new BusCase(world, bus, other);
  }

  async restart(how: { wiped?: boolean } = {}): Promise<void> {
    await this.world.kill();
    if (how.wiped === true) await this.world.wipe();
    await this.world.start();
  }

  /** Publishes `{ n }` for every number of the range, all at once. */
  async send(from: number, to: number, subject = 'change.1.a'): Promise<void> {
    await Promise.all(
      range(from, to).map((n) => this.bus.publish(`${subject}.${n}`, { n }, { id: `${subject}-${n}` })),
    );
  }

  async close(): Promise<void> {
    this.#end();
    await Promise.all([this.bus.close(), this.other.close()]);
    await this.world.close();
  }
}

/** A test with time enough for a busy machine; none of the cases waits for it. */
export function holds(title: string, act: () => unknown): void {
  test(title, async () => void (await act()), 60_000);
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** Follows the stream of changes and keeps the numbers it brings. */
export async function followed(
  bus: Bus,
  startAt: 'new' | { sequence: number } = 'new',
  filter?: string,
): Promise<{ numbers: number[]; broken: Broken[]; stop: () => Promise<void> }> {
  const numbers: number[] = [];
  const broken: Broken[] = [];
  const subscription = await bus.follow({
    stream: CHANGES,
    startAt,
    ...(filter === undefined ? {} : { filter }),
    handle: (message) => void numbers.push(message.json<{ n: number }>().n),
    onBroken: (why) => void broken.push(why),
  });
  return { numbers, broken, stop: () => subscription.stop() };
}
