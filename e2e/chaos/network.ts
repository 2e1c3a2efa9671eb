// A network of its own for every replica: a namespace, joined by a bridge to this machine, where NATS, PostgreSQL and the
// way to the cluster are. A replica is cut off by rules inside its own namespace: whoever was cut off notices nothing else.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Endpoint {
  host: string;
  port: number;
}

/** Which packets are lost: those that leave the replica, those that come to it, or all. */
export type Direction = 'out' | 'in' | 'both';

/** One replica's end of the network. */
export interface Segment {
  address: string;
  /** Starts the program in the namespace; the process keeps its id. */
  command(program: string, args: readonly string[]): [program: string, args: string[]];
  cut(from: Endpoint, direction: Direction): Promise<void>;
  heal(from: Endpoint, direction: Direction): Promise<void>;
}

export class Network {
  readonly #segments: string[] = [];

  private constructor(
    private readonly bridge: string,
    private readonly prefix: string,
  ) {}

  /** The first /24 of 10.251.0.0/16 that no link of this machine has. Needs root. */
  static async create(): Promise<Network> {
    for (let third = 0; third < 256; third++) {
      const bridge = `slwchaos${third}`;
      const made = await ip('link', 'add', bridge, 'type', 'bridge').then(
        () => true,
        () => false, // another test has it
      );
      if (!made) continue;
      const network = new Network(bridge, `10.251.${third}`);
      await ip('addr', 'add', `${network.host}/24`, 'dev', bridge);
      await ip('link', 'set', bridge, 'up');
      return network;
    }
    throw new Error(
      'every network of this test is taken: `ip link` shows bridges slwchaos*, left by tests that were killed',
    );
  }

  /** This machine, as replicas see it. */
  get host(): string {
    return `${this.prefix}.1`;
  }

  get subnet(): string {
    return `${this.prefix}.0/24`;
  }

  async add(): Promise<Segment> {
    const number = this.#segments.length + 10;
    const namespace = `${this.bridge}-${number}`;
    const [outer, inner] = [`${this.bridge.replace('slwchaos', 'slwc')}v${number}`, 'eth0'];
    const address = `${this.prefix}.${number}`;
    await ip('netns', 'add', namespace);
    this.#segments.push(namespace);
    await ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', namespace);
    await ip('link', 'set', outer, 'master', this.bridge, 'up');
    for (const args of [
      ['addr', 'add', `${address}/24`, 'dev', inner],
      ['link', 'set', inner, 'up'],
      ['link', 'set', 'lo', 'up'],
      ['route', 'add', 'default', 'via', this.host],
    ])
      await ip('-n', namespace, ...args);
    const rules = async (op: '-A' | '-D', { host, port }: Endpoint, direction: Direction): Promise<void> => {
      const tables: string[][] = [];
      if (direction !== 'in') tables.push([op, 'OUTPUT', '-d', host, '-p', 'tcp', '--dport', String(port)]);
      if (direction !== 'out') tables.push([op, 'INPUT', '-s', host, '-p', 'tcp', '--sport', String(port)]);
      for (const rule of tables) await run('ip', ['netns', 'exec', namespace, 'iptables', '-w', ...rule, '-j', 'DROP']);
    };
    return {
      address,
      command: (program, args) => ['ip', ['netns', 'exec', namespace, program, ...args]],
      cut: (from, direction) => rules('-A', from, direction),
      heal: (from, direction) => rules('-D', from, direction),
    };
  }

  async remove(): Promise<void> {
    for (const namespace of this.#segments) await ip('netns', 'delete', namespace);
    await ip('link', 'delete', this.bridge);
  }
}

async function ip(...args: string[]): Promise<void> {
  await run('ip', args);
}
