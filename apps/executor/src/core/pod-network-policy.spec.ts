import { BlockList, isIPv6 } from 'node:net';
import { podNetworkPolicy } from './pod-network-policy.js';

interface Peer {
  namespaceSelector?: object;
  ipBlock?: { cidr: string; except: string[] };
}

/** What a block list of the policy's peers makes of an address. */
function isAllowed(address: string): boolean {
  const { egress } = podNetworkPolicy('team', 'slipway').spec as { egress: { to: Peer[] }[] };
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const holds = (cidr: string): boolean => {
    const [network = '', bits] = cidr.split('/');
    if (isIPv6(network) !== (family === 'ipv6')) return false;
    const list = new BlockList();
    list.addSubnet(network, Number(bits), family);
    return list.check(address, family);
  };
  return egress
    .flatMap(({ to }) => to)
    .some(({ ipBlock }) => ipBlock !== undefined && holds(ipBlock.cidr) && !ipBlock.except.some(holds));
}

describe('podNetworkPolicy', () => {
  // prettier-ignore
  const table: [address: string, isAllowed: boolean][] = [
    ['169.254.169.254', false],
    ['fd00:ec2::254', false],
    ['169.254.20.10', true], // a node's cache of names
    ['10.0.0.1', true],
    ['203.0.113.7', true],
    ['2001:db8::1', true],
  ];
  test.each(table)('%s may be reached: %s', (address, allowed) => {
    expect(isAllowed(address)).toBe(allowed);
  });

  test('is about the pods of its installation and nobody else’s', () => {
    const { metadata, spec } = podNetworkPolicy('team', 'second');
    expect(metadata).toEqual({ name: 'slipway-pods-of-second', namespace: 'team' });
    expect(spec).toMatchObject({ podSelector: { matchLabels: { 'slipway.dev/installation': 'second' } } });
  });
});
