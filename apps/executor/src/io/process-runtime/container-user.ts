// Who a container's processes are: what the pod says, else what its image says, else root.

import type { Container, Pod } from '@slipway/contracts';
import { imageUser } from '../../core/image-user.js';
import { ConfigError, RefusedError } from './config-error.js';
import { textInRoot } from './image-root.js';

export interface User {
  uid: number;
  gid: number;
  groups: number[];
  /** HOME where nobody says another. */
  home: string;
}

/** An image's user, and the root that has its user database. */
export interface UserOfImage {
  config: { user: string };
  root: string;
}

/** Without an image at hand the customary ordinary user stands in where the pod must not be root. */
const ORDINARY = 65532;

/** Throws ConfigError or RefusedError in a kubelet's words. */
export function containerUser(pod: Pod, container: Container, image: UserOfImage | undefined): User {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const asked = own.runAsUser ?? shared.runAsUser;
  const gid = own.runAsGroup ?? shared.runAsGroup;
  const mustNotBeRoot = (own.runAsNonRoot ?? shared.runAsNonRoot) === true;
  if (mustNotBeRoot && asked === 0) throw new ConfigError("container's runAsUser breaks non-root policy");
  if (image !== undefined) {
    const found = userOfImage(image, asked, mustNotBeRoot);
    return { ...found, gid: gid ?? found.gid, groups: [...new Set([...found.groups, ...groupsOf(pod)])] };
  }
  const uid = asked ?? (mustNotBeRoot ? ORDINARY : 0);
  const isStandIn = mustNotBeRoot && asked === undefined;
  return {
    uid,
    gid: isStandIn ? gid || ORDINARY : (gid ?? 0),
    groups: groupsOf(pod),
    home: uid === 0 ? '/root' : '/',
  };
}

function userOfImage({ config, root }: UserOfImage, asked: number | undefined, mustNotBeRoot: boolean): User {
  const spec = asked === undefined ? config.user : String(asked);
  const found = imageUser(spec, textInRoot(root, '/etc/passwd'), textInRoot(root, '/etc/group'));
  if (found === undefined) {
    throw new RefusedError(
      'BadImageUser',
      `unable to find user ${spec}: no matching entries in the image's user database`,
    );
  }
  if (!mustNotBeRoot || asked !== undefined) return found;
  if (found.uid === 0) throw new ConfigError('container has runAsNonRoot and image will run as root');
  if (/^\d+(:|$)/.test(spec)) return found;
  throw new ConfigError(
    `container has runAsNonRoot and image has non-numeric user (${spec}), cannot verify user is non-root`,
  );
}

function groupsOf(pod: Pod): number[] {
  const { fsGroup, supplementalGroups } = pod.spec.securityContext ?? {};
  return [...new Set([...(supplementalGroups ?? []), ...(fsGroup === undefined ? [] : [fsGroup])])];
}
