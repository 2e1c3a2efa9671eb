#define _GNU_SOURCE
#include "beneath.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

// <linux/openat2.h>, which a C library without the kernel's headers does not have.
struct how {
    uint64_t flags, mode, resolve;
};

int open_beneath(int folder, const char *path, uint64_t flags, uint64_t resolve) {
    struct how how = {.flags = flags | O_CLOEXEC, .resolve = resolve | BENEATH | NO_MAGIC_LINKS};
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}
