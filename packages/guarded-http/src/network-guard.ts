// Which hosts a service may reach for its users. Without it a user could have it ask what only this machine may ask: the
// cloud's metadata, the databases beside it.
//
//   N1. An address is judged when the connection is made, after the name was resolved: a name that answers otherwise the
//       second time (DNS rebinding) is judged by what is connected to.
//   N2. Every address that a name has must be allowed: none is left to the resolver's choice.

import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { lookup as lookupAll } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { SlipwayError } from '@slipway/contracts';

/** Addresses that mean this machine, its neighbours, or nobody. */
// prettier-ignore
const FORBIDDEN: readonly (readonly [network: string, prefix: number, what: string])[] = [
  ['127.0.0.0', 8, 'loopback'], ['::1', 128, 'loopback'],
  ['169.254.0.0', 16, 'link-local'], ['fe80::', 10, 'link-local'],
  ['10.0.0.0', 8, 'private'], ['172.16.0.0', 12, 'private'], ['192.168.0.0', 16, 'private'], ['fc00::', 7, 'private'],
  ['100.64.0.0', 10, 'shared by a carrier'], ['198.18.0.0', 15, 'for benchmarks'],
  ['0.0.0.0', 8, 'no host'], ['::', 128, 'no host'], ['224.0.0.0', 4, 'multicast'], ['ff00::', 8, 'multicast'],
  ['240.0.0.0', 4, 'reserved'], ['192.0.0.0', 24, 'reserved'], ['64:ff9b::', 96, 'a translation'], ['64:ff9b:1::', 48, 'a translation'],
  ['2002::', 16, 'a translation'], ['2001::', 32, 'a translation'],
];
const LISTS = FORBIDDEN.map(([network, prefix, what]) => ({ what, list: listOf(network, prefix) }));

export class NetworkGuard {
  readonly #networks: BlockList[] = [];
  readonly #hosts = new Set<string>();

  /**
   * @param allowed networks (`10.0.0.0/8`, `127.0.0.1`) and host names that may be reached although they are forbidden;
   *   of a name every address
   */
  constructor(
    allowed: readonly string[],
    private readonly resolve: (name: string) => Promise<LookupAddress[]> = (name) => lookupAll(name, { all: true }),
  ) {
    for (const entry of allowed) {
      const [address = '', prefix] = entry.split('/');
      if (isIP(address) === 0) this.#hosts.add(entry.toLowerCase());
      else
        this.#networks.push(listOf(address, prefix === undefined ? (isIP(address) === 4 ? 32 : 128) : Number(prefix)));
    }
  }

  /** Why this address may not be reached; undefined when it may. */
  problemOf(address: string): string | undefined {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (this.#networks.some((list) => list.check(address, family))) return undefined;
    return LISTS.find(({ list }) => list.check(address, family))?.what;
  }

  /**
   * The addresses to connect to for the host of a URL (N1), each of them allowed (N2). `isTrusted`: the operator named
   * it. Throws `forbidden`, or `not-found` where there is none.
   */
  async addressesOf(hostname: string, isTrusted = false): Promise<LookupAddress[]> {
    const name = hostname.replace(/^\[|\]$/g, '').toLowerCase();
    const addresses = await this.#find(name);
    if (isTrusted || this.#hosts.has(name)) return addresses;
    for (const { address } of addresses) {
      const problem = this.problemOf(address);
      if (problem !== undefined) throw refused(hostname, problem);
    }
    return addresses;
  }

  async #find(name: string): Promise<LookupAddress[]> {
    const family = isIP(name);
    if (family !== 0) return [{ address: name, family }];
    try {
      return await this.resolve(name);
    } catch (cause) {
      throw new SlipwayError('not-found', 'HostNotFound', `the host ${name} cannot be found`, { cause });
    }
  }

  /** Throws SlipwayError('forbidden') where the host of a URL is an address that may not be reached. Names: see `lookup`. */
  checkHost(hostname: string): void {
    const address = hostname.replace(/^\[|\]$/g, '');
    const problem = isIP(address) === 0 || this.#hosts.has(address) ? undefined : this.problemOf(address);
    if (problem !== undefined) throw refused(hostname, problem);
  }

  /** Resolves a name for `http.request` and the like; fails with SlipwayError('forbidden') as N2 says. */
  readonly lookup: LookupFunction = (hostname, options, done) => {
    const isAllowed = this.#hosts.has(hostname.toLowerCase());
    dnsLookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return done(error, []);
      for (const { address } of isAllowed ? [] : addresses) {
        const problem = this.problemOf(address);
        if (problem !== undefined) return done(refused(hostname, problem), []); // N2
      }
      if (options.all === true) done(null, addresses);
      else done(null, addresses[0]!.address, addresses[0]!.family); // N1
    });
  };
}

/** What an operator may allow: a network, an address or the name of a host. */
export function isNetwork(entry: string): boolean {
  const [address = '', prefix, ...more] = entry.split('/');
  if (more.length > 0) return false;
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (prefix !== undefined) return bits > 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits;
  return bits > 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(address);
}

function refused(hostname: string, problem: string): SlipwayError {
  return new SlipwayError('forbidden', 'AddressRefused', `The address of ${hostname} is ${problem}: it is not asked.`, {
    hint: 'An operator can allow it with ALLOWED_NETWORKS.',
  });
}

function listOf(network: string, prefix: number): BlockList {
  const list = new BlockList();
  list.addSubnet(network, prefix, isIP(network) === 6 ? 'ipv6' : 'ipv4');
  return list;
}
