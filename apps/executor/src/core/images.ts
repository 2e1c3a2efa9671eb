// What an image runs when a step names no command. Without a registry at hand only well-known images can be answered.

/** What becomes of a step's arguments. */
type Manner =
  /** They go behind the image's entrypoint. */
  | 'entrypoint'
  /** The image has a default command and no entrypoint: Tekton puts them behind it, a container engine in its place. */
  | 'default'
  /** The image's entrypoint is a script that runs them, unless the first is a flag of the command. */
  | 'instead';

/** The image's repository, or its last part -> its command; named after the image where none is given. */
// prettier-ignore
const KNOWN: readonly (readonly [repository: RegExp, manner: Manner, command?: readonly string[]])[] = [
  [/^busybox$/, 'default', ['sh']],
  [/^(alpine|alpine-git-nonroot)$/, 'default', ['/bin/sh']],
  [/^(ubuntu|debian|fedora|centos|rockylinux|almalinux|ubi\d*(-minimal)?|buildpack-deps)$/, 'default', ['/bin/bash']],
  [/^(golang|rust|gcc)$/, 'default', ['bash']],
  [/^bash$/, 'instead', ['bash']],
  [/^python$/, 'default', ['python3']],
  [/^node$/, 'instead', ['node']],
  [/^perl$/, 'default', ['perl']],
  [/^ruby$/, 'default', ['irb']],
  [/^nop(-[0-9a-f]+)?$/, 'entrypoint', ['/ko-app/nop']],
  [/(^|\/)kaniko-project\/executor$/, 'entrypoint', ['/kaniko/executor']],
  [/^(git|git-init|curl|jq|yq|helm|kubectl|make|maven|mvn|gradle|crane|ko|skopeo|terraform)$/, 'entrypoint'],
];

/** Whose rule it is by which arguments meet the image's command. */
export type ImageRule = 'tekton' | 'container';

/**
 * The whole process of an image that says what it runs. A container's arguments take the place of the image's; a step's go
 * behind its entrypoint, or where it has none behind its command.
 */
export function imageProcess(
  { entrypoint, cmd }: { entrypoint: readonly string[]; cmd: readonly string[] },
  args: readonly string[],
  rule: ImageRule,
): readonly string[] {
  if (rule === 'container') return [...entrypoint, ...(args.length > 0 ? args : cmd)];
  return [...(entrypoint.length > 0 ? entrypoint : cmd), ...args];
}

/**
 * The whole process of an image with a step's arguments, without asking a registry.
 *
 * Shape  undefined when nothing is known of the image.
 */
export function knownImageProcess(
  image: string,
  args: readonly string[],
  rule: ImageRule = 'tekton',
): readonly string[] | undefined {
  const repository = image.replace(/@.*$/, '').replace(/:[^/]*$/, '');
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  const row = KNOWN.find(([pattern]) => pattern.test(name) || pattern.test(repository));
  if (row === undefined) return undefined;
  const [, manner, command = [name]] = row;
  const first = args[0];
  if (first === undefined || manner === 'entrypoint') return [...command, ...args];
  const isCommand = manner === 'default' ? rule === 'container' : !first.startsWith('-') && !first.includes('.');
  return isCommand ? args : [...command, ...args];
}
