#define _GNU_SOURCE
#include "honest-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../both/file.h"

int open_folder_in(int folder, const char *name) {
    return openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

char *read_honest(int folder, const char *name, size_t limit, struct buffer *into) {
    if (strchr(name, '/') || strcmp(name, "..") == 0 || strcmp(name, ".") == 0) return text_format("%s is not a name", name);
    // A pipe that nobody writes to must not hold us up.
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return errno == ELOOP ? text_format("%s is a link", name) : text_format("%s: %s", name, strerror(errno));
    struct stat found;
    char *problem = NULL;
    if (fstat(fd, &found) < 0)
        problem = text_format("%s: %s", name, strerror(errno));
    else if (!S_ISREG(found.st_mode))
        problem = text_format("%s is not a regular file", name);
    else if (read_all(fd, into, limit) < 0)
        problem = errno == EFBIG ? text_format("%s is larger than %zu bytes", name, limit) : text_format("%s: %s", name, strerror(errno));
    close(fd);
    return problem;
}
