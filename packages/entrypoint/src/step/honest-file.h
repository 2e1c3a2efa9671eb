// Files that another step, or the step itself, may have made into anything: only regular ones of a bounded size are read,
// and no link is followed on the way.
#pragma once
#include <stddef.h>

#include "../both/buffer.h"

// Opens a folder below `folder` (AT_FDCWD: from here); -1 with errno when it is none, or a link.
int open_folder_in(int folder, const char *name);
// Appends what the file `name` of the folder holds. NULL, or a sentence that names the file.
char *read_honest(int folder, const char *name, size_t limit, struct buffer *into);
