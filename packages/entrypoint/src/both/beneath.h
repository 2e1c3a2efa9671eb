// Opening what is below a folder, whatever links stand on the way.
#pragma once
#include <stdint.h>

enum { NO_MAGIC_LINKS = 2, NO_LINKS = 4, BENEATH = 8 };

// As openat, closed on exec; EXDEV when the path leads out of the folder. `resolve`: of the above, beside BENEATH.
int open_beneath(int folder, const char *path, uint64_t flags, uint64_t resolve);
