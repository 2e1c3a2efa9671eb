// A file or folder that a user named and the file system refuses: theirs to mend, and no failure of ours.

import { SlipwayError } from '@slipway/contracts';

/** For `.catch()` of what makes or writes `path`. */
export function notWritten(path: string, hint = 'Name one that can be made and written.'): (cause: unknown) => never {
  return (cause) => {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === undefined) throw cause;
    throw new SlipwayError('invalid', 'NotWritten', `${path} cannot be written (${code}).`, { hint, cause });
  };
}
