// A container's own /etc: who is who, and which host is which.

import type { Pod } from '@slipway/contracts';
import type { OWN_ETC_FILES } from './sandbox.js';

/** Contents by file name. */
export function etcFiles(
  pod: Pod,
  user: { uid: number; gid: number; groups: readonly number[]; home: string },
  resolvConf: string,
): Record<(typeof OWN_ETC_FILES)[number], string> {
  const hostname = hostnameOf(pod);
  const { uid, gid } = user;
  const groups = [...new Set([gid, ...user.groups])].filter((id) => id !== 0 && id !== 65534);
  return {
    passwd: lines([
      `root:x:0:0:root:${uid === 0 ? homeOf(user) : '/root'}:/bin/sh`,
      'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
      ...(uid === 0 || uid === 65534 ? [] : [`user:x:${uid}:${gid}::${homeOf(user)}:/bin/sh`]),
    ]),
    group: lines([
      'root:x:0:',
      'tty:x:5:',
      'nogroup:x:65534:',
      ...groups.filter((id) => id !== 5).map((id) => `group${id}:x:${id}:`),
    ]),
    hosts: lines([
      '127.0.0.1\tlocalhost',
      '::1\tlocalhost ip6-localhost ip6-loopback',
      `127.0.0.1\t${hostname}`,
      ...(pod.spec.hostAliases ?? []).map(({ ip, hostnames }) => `${ip}\t${hostnames.join(' ')}`),
    ]),
    hostname: `${hostname}\n`,
    'resolv.conf': resolvConf,
    'nsswitch.conf': lines([
      'passwd: files',
      'group: files',
      'hosts: files dns',
      'services: files',
      'protocols: files',
    ]),
  };
}

/** What HOME says, so that ssh, which asks the user database alone, finds what others find. */
function homeOf({ uid, home }: { uid: number; home: string }): string {
  if (/^\/[^:\u0000-\u001f]*$/.test(home)) return home;
  return uid === 0 ? '/root' : '/';
}

/** The pod's name, cut to what a kernel takes for a host name. */
export function hostnameOf(pod: Pod): string {
  return pod.metadata.name.slice(0, 63).replace(/[-.]+$/, '');
}

function lines(texts: readonly string[]): string {
  return `${texts.join('\n')}\n`;
}
