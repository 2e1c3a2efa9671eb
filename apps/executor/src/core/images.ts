// What an image runs when a step names no command. Without a registry at hand only well-known images can be answered.

/** What becomes of a step's arguments. */
type Manner =
  /** They go behind the command: an entrypoint, or the default command where the image has no entrypoint. */
  | 'behind'
  /** The image's entrypoint is a script that runs them, unless the first is a flag of the command. */
  | 'instead';

/** The image's repository, or its last part -> its command; named after the image where none is given. */
// prettier-ignore
const KNOWN: readonly (readonly [repository: RegExp, manner: Manner, command?: readonly string[]])[] = [
  [/^busybox$/, 'behind', ['sh']],
  [/^(alpine|alpine-git-nonroot)$/, 'behind', ['/bin/sh']],
  [/^(ubuntu|debian|fedora|centos|rockylinux|almalinux|ubi\d*(-minimal)?|buildpack-deps)$/, 'behind', ['/bin/bash']],
  [/^(golang|rust|gcc)$/, 'behind', ['bash']],
  [/^bash$/, 'instead', ['bash']],
  [/^python$/, 'behind', ['python3']],
  [/^node$/, 'instead', ['node']],
  [/^perl$/, 'behind', ['perl']],
  [/^ruby$/, 'behind', ['irb']],
  [/^nop(-[0-9a-f]+)?$/, 'behind', ['/ko-app/nop']],
  [/(^|\/)kaniko-project\/executor$/, 'behind', ['/kaniko/executor']],
  [/^(git|git-init|curl|jq|yq|helm|kubectl|make|maven|mvn|gradle|crane|ko|skopeo|terraform)$/, 'behind'],
];

/**
 * The whole process of an image with a step's arguments, without asking a registry.
 *
 * Shape  undefined when nothing is known of the image.
 */
export function knownImageProcess(image: string, args: readonly string[]): readonly string[] | undefined {
  const repository = image.replace(/@.*$/, '').replace(/:[^/]*$/, '');
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  const row = KNOWN.find(([pattern]) => pattern.test(name) || pattern.test(repository));
  if (row === undefined) return undefined;
  const [, manner, command = [name]] = row;
  const first = args[0];
  const isCommand = manner === 'instead' && first !== undefined && !first.startsWith('-') && !first.includes('.');
  return isCommand ? args : [...command, ...args];
}
