// Who a process of an image runs as, by the image's own user database.

export interface ImageUser {
  uid: number;
  gid: number;
  /** Those that the user database adds. */
  groups: number[];
  home: string;
}

interface Account {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

const NUMBER = /^\d{1,10}$/;
const MAX_ID = 2 ** 32 - 2;

/**
 * `user[:group]`, each a name or a number; empty is root. A number needs no entry, a name does.
 *
 * Shape  undefined when the database does not know a name.
 */
export function imageUser(spec: string, passwd: string, group: string): ImageUser | undefined {
  const [user = '', askedGroup] = spec.split(':');
  const accounts = rows(passwd, 7).map(([name = '', , uid, gid, , home = '']) => ({ name, ...ids(uid, gid), home }));
  const groups = rows(group, 4).map(([name = '', , gid, members = '']) => ({ name, gid: Number(gid), members }));
  const account = accountOf(user, accounts);
  if (account === undefined) return undefined;
  const added = groups.filter(({ members }) => account.name !== '' && members.split(',').includes(account.name));
  const own = { uid: account.uid, home: account.home.startsWith('/') ? account.home : '/' };
  const alone = askedGroup === undefined || askedGroup === '';
  const gid = alone ? account.gid : groupOf(askedGroup, groups);
  if (gid === undefined) return undefined;
  // A group that is asked for stands alone, as container engines have it.
  return { ...own, gid, groups: alone ? added.map((one) => one.gid).filter((id) => id !== gid) : [] };
}

function accountOf(user: string, accounts: readonly Account[]): Account | undefined {
  const wanted = user === '' ? '0' : user;
  const named = accounts.find(({ name }) => name === wanted);
  if (named !== undefined || !isId(wanted)) return named;
  const uid = Number(wanted);
  const numbered = accounts.find((account) => account.uid === uid);
  return numbered ?? { name: '', uid, gid: 0, home: uid === 0 ? '/root' : '/' };
}

function groupOf(wanted: string, groups: readonly { name: string; gid: number }[]): number | undefined {
  const named = groups.find(({ name }) => name === wanted);
  return named?.gid ?? (isId(wanted) ? Number(wanted) : undefined);
}

/** Lines of a user database that are whole; a stranger wrote it. */
function rows(text: string, fields: number): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim().split(':'))
    .filter((row) => row.length >= fields && isId(row[2] ?? '') && (fields < 7 || isId(row[3] ?? '')));
}

function ids(uid = '', gid = ''): { uid: number; gid: number } {
  return { uid: Number(uid), gid: Number(gid) };
}

function isId(text: string): boolean {
  return NUMBER.test(text) && Number(text) <= MAX_ID;
}
