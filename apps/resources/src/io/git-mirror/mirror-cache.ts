// The mirror cache: objects of repositories that steps of this node have fetched, for who may fetch them again.
//
//   M1. The remote answers first: no object leaves a mirror for a commit that the remote did not just hand out, to the
//       credentials of who asks.
//   M2. Only the service writes to a mirror, and only what git fetched from the URL that the mirror is of.
//   M3. Whatever is odd is a refusal, and the step clones by itself. A mirror that is at fault is thrown away.

import type { NetworkGuard } from '@slipway/guarded-http';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError, mirrored, type Mirror } from '@slipway/contracts';
import { gitFailure } from '../../core/git-failures.js';
import { FSCK_SETTINGS } from '../../core/git-fsck.js';
import type { MirrorRequest } from '../../core/mirror-request.js';
import { RemoteGit, type GitLimits, type GitTarget } from '../remote/remote-git.js';
import type { MirrorFolders } from './mirror-folders.js';

export interface MirrorCacheOptions {
  folders: MirrorFolders;
  guard: NetworkGuard;
  /** Addresses that the operator answers from elsewhere. */
  mirrors: readonly Mirror[];
  settings: GitTarget['settings'];
  programPath: string;
  now: () => number;
}

/** A commit that whoever asked may have. */
export interface Offer {
  commit: string;
  /** Whether it was there without asking the remote for more than the commit. */
  wasThere: boolean;
  /** A pack of what the request wants; there until the end of the work. */
  pack: string;
}

/** Of a proof: a commit, and the tags that lead to it. */
const PROOF_OBJECTS = 8;
const PROOF_LIMITS: GitLimits = { fileBytes: 256 << 20, outputBytes: 1 << 20 };
const MAX_PACKS = 40;
/** How long a remote is left alone that cannot be mirrored. */
const REST_MS = 10 * 60_000;
/** What says that the mirror is at fault, and not the remote. */
const DAMAGED = ['GitFailed', 'GitContentRefused', 'GitVolumeFull', 'GitFolderUnwritable'];

export class MirrorCache {
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #resting = new Map<string, number>();

  constructor(private readonly options: MirrorCacheOptions) {}

  /** Runs `work` with the offer. Throws SlipwayError where there is none (M3). */
  async offer<T>(request: MirrorRequest, signal: AbortSignal, work: (offer: Offer) => Promise<T>): Promise<T> {
    const { folders, now } = this.options;
    const { depth } = request;
    const target = await this.#target(request);
    const key = folders.keyOf(target.url, depth);
    if ((this.#resting.get(key) ?? 0) > now()) throw refused('the repository is not mirrored');
    const commit = await this.#prove(request, target, key, signal);
    return folders.use(key, async (path) => {
      const checking = { ...target, settings: [...target.settings, ...FSCK_SETTINGS] };
      const git = new RemoteGit(path, checking, { fileBytes: folders.maxBytes, outputBytes: 1 << 20 }, signal);
      const wasThere = await this.#inTurn(key, () => this.#update(git, key, commit, depth, signal));
      const scratch = folders.scratchPath();
      try {
        return await work({ commit, wasThere, pack: await this.#pack(git, key, commit, scratch, signal) });
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    });
  }

  async #target({ url, authorization }: MirrorRequest): Promise<GitTarget> {
    const { guard, mirrors, settings, programPath } = this.options;
    const from = mirrored(url, mirrors);
    const addresses = await guard.addressesOf(new URL(from.url).hostname, from.isMirror);
    return {
      url: from.url,
      addresses,
      authorization: from.isMirror ? undefined : authorization,
      settings,
      programPath,
    };
  }

  /** M1: the commit, from the remote, into a repository that has nothing. */
  async #prove({ revision }: MirrorRequest, target: GitTarget, key: string, signal: AbortSignal): Promise<string> {
    const path = this.options.folders.scratchPath();
    await mkdir(path, { mode: 0o700 });
    try {
      const git = new RemoteGit(path, target, PROOF_LIMITS, signal);
      await git.run(['init', '--quiet', '--bare', '--template=', '.']);
      const only = ['--no-tags', '--depth=1', '--filter=tree:0'];
      await git.run(['fetch', '--quiet', ...only, '--', 'origin', revision]);
      const counted = (await git.run(['count-objects', '-v'])).toString();
      const objects = [...counted.matchAll(/^(?:count|in-pack): (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
      if (objects > PROOF_OBJECTS) {
        this.#rest(key);
        throw refused('the server hands out no commits without their files');
      }
      return (await git.run(['rev-parse', '--verify', '--end-of-options', 'FETCH_HEAD^{commit}'])).toString().trim();
    } finally {
      await rm(path, { recursive: true, force: true });
    }
  }

  /** Brings what the mirror lacks; answers whether it lacked nothing. */
  async #update(git: RemoteGit, key: string, commit: string, depth: 0 | 1, signal: AbortSignal): Promise<boolean> {
    const { folders } = this.options;
    const ref = `refs/slipway/${commit}`;
    const isNew = !(await isRepository(folders.pathOf(key)));
    try {
      if (!isNew) {
        const found = (await git.run(['for-each-ref', '--format=%(objectname)', ref])).toString().trim();
        if (found === commit) return true;
        const packs = await readdir(join(folders.pathOf(key), 'objects/pack'));
        if (packs.filter((name) => name.endsWith('.pack')).length >= MAX_PACKS) {
          await folders.throwAway(key);
          throw refused('the mirror begins anew');
        }
      }
      await folders.write(key, async () => {
        await git.run(['init', '--quiet', '--bare', '--template=', '.']);
        const one = [
          '-c',
          'fetch.unpackLimit=1',
          'fetch',
          '--quiet',
          '--no-tags',
          ...(depth === 1 ? ['--depth=1'] : []),
        ];
        await git.run([...one, '--', 'origin', `+${commit}:${ref}`]); // M2
      });
      return false;
    } catch (error) {
      if ((await this.#blame(error, key, signal)) && isNew) this.#rest(key);
      throw error;
    }
  }

  /** Into a file: git holds what it copies from its packs against their checksums there, and on a pipe it does not. */
  async #pack(git: RemoteGit, key: string, commit: string, scratch: string, signal: AbortSignal): Promise<string> {
    // What is packed already goes as it is: to look for better differences would take longer than to send them.
    const asItIs = ['--quiet', '--delta-base-offset', '--window=0', '--threads=1'];
    try {
      await mkdir(scratch, { mode: 0o700 });
      const name = (await git.run(['pack-objects', '--revs', ...asItIs, join(scratch, 'p')], `${commit}\n`))
        .toString()
        .trim();
      return join(scratch, `p-${name}.pack`);
    } catch (error) {
      await this.#blame(error, key, signal);
      throw error;
    }
  }

  /** M3: away with a mirror that git complains of. Answers whether it was at fault. */
  async #blame(error: unknown, key: string, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted || (error instanceof SlipwayError && error.reason === REFUSED)) return false;
    const said = error instanceof Error ? error.message : String(error);
    if (!DAMAGED.includes(gitFailure(said, { protocol: 'http', hasSshKey: false }).reason)) return false;
    await this.options.folders.throwAway(key);
    return true;
  }

  #rest(key: string): void {
    const now = this.options.now();
    for (const [other, untilMs] of this.#resting) if (untilMs <= now) this.#resting.delete(other);
    this.#resting.set(key, now + REST_MS);
  }

  /** One after another for one mirror: who waits finds what the one before has fetched. */
  async #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(key) ?? Promise.resolve();
    const own = before.then(work, work);
    const settled = own.catch(() => undefined);
    this.#turns.set(key, settled);
    try {
      return await own;
    } finally {
      if (this.#turns.get(key) === settled) this.#turns.delete(key);
    }
  }
}

const REFUSED = 'NotMirrored';

function refused(why: string): SlipwayError {
  return new SlipwayError('not-found', REFUSED, why);
}

async function isRepository(path: string): Promise<boolean> {
  return readdir(path).then(
    (names) => names.includes('HEAD'),
    () => false,
  );
}
