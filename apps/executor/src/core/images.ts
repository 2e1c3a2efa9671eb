// What an image runs when a step names no command. Without a registry at hand only well-known images can be answered.

export interface ImageCommand {
  command: readonly string[];
}

/** Last part of the image's repository -> its entrypoint, or its default command where it has no entrypoint. */
// prettier-ignore
const KNOWN: readonly (readonly [repository: RegExp, command: readonly string[]])[] = [
  [/^busybox$/, ['sh']],
  [/^(alpine|alpine-git-nonroot)$/, ['/bin/sh']],
  [/^(ubuntu|debian|fedora|centos|rockylinux|almalinux|ubi\d*(-minimal)?|buildpack-deps)$/, ['/bin/bash']],
  [/^(bash|golang|rust|gcc)$/, ['bash']],
  [/^python$/, ['python3']],
  [/^node$/, ['node']],
  [/^perl$/, ['perl']],
  [/^ruby$/, ['irb']],
  [/^(git|git-init|curl|jq|yq|helm|kubectl|make|maven|mvn|gradle|crane|ko|skopeo|terraform)$/, []],
];

/**
 * The command of an image without asking a registry.
 *
 * Shape  undefined when nothing is known of the image; tools whose image is named after them run by that name.
 */
export function knownImageCommand(image: string): readonly string[] | undefined {
  const repository = image.replace(/@.*$/, '').replace(/:[^/]*$/, '');
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  const row = KNOWN.find(([pattern]) => pattern.test(name));
  if (row === undefined) return undefined;
  return row[1].length > 0 ? row[1] : [name];
}
