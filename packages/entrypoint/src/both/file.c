#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int read_all(int fd, struct buffer *into, size_t limit) {
    char chunk[16384];
    size_t total = 0;
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) return 0;
        if ((size_t)got > limit - total) {
            errno = EFBIG;
            return -1;
        }
        total += (size_t)got;
        buffer_add(into, chunk, (size_t)got);
    }
}

int read_file(const char *path, struct buffer *into, size_t limit) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return -1;
    int result = read_all(fd, into, limit);
    int error = errno;
    close(fd);
    errno = error;
    return result;
}

int write_all(int fd, const void *bytes, size_t length) {
    const char *next = bytes;
    while (length > 0) {
        ssize_t put = write(fd, next, length);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return -1;
        next += put;
        length -= (size_t)put;
    }
    return 0;
}

static int write_and_close(int fd, const void *bytes, size_t length) {
    int result = write_all(fd, bytes, length);
    int error = errno;
    if (close(fd) < 0 && result == 0) return -1;
    errno = error;
    return result;
}

int write_file_atomically(const char *path, const void *bytes, size_t length, mode_t mode) {
    char *fresh = text_format("%s.%ld.new", path, (long)getpid());
    int result = -1;
    unlink(fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0 && write_and_close(fd, bytes, length) == 0) result = rename(fresh, path);
    int error = errno;
    if (fd >= 0 && result < 0) unlink(fresh);
    free(fresh);
    errno = error;
    return result;
}

int write_file_in_place(const char *path, const void *bytes, size_t length, mode_t mode) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode);
    if (fd < 0) return -1;
    return write_and_close(fd, bytes, length);
}

int make_folders(const char *path, mode_t mode) {
    char *copy = text_copy(path);
    int result = 0;
    for (char *at = copy + 1; result == 0 && *copy; at++) {
        if (*at != '/' && *at != '\0') continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(copy, mode) < 0 && errno != EEXIST) {
            struct stat found; // a read-only parent says EROFS although the folder is there
            int error = errno;
            if (stat(copy, &found) < 0 || !S_ISDIR(found.st_mode)) {
                errno = error;
                result = -1;
            }
        }
        *at = kept;
        if (kept == '\0') break;
    }
    free(copy);
    return result;
}

char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) return text_copy(".");
    if (slash == path) return text_copy("/");
    return text_format("%.*s", (int)(slash - path), path);
}

int make_parent_folders(const char *path, mode_t mode) {
    char *folder = folder_of(path);
    int result = make_folders(folder, mode);
    free(folder);
    return result;
}

int copy_file(const char *from, const char *to, mode_t mode) {
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0) return -1;
    char *fresh = text_format("%s.%ld.new", to, (long)getpid());
    int result = -1;
    int out = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (out >= 0) {
        char chunk[65536];
        ssize_t got;
        result = 0;
        while (result == 0 && (got = read(in, chunk, sizeof chunk)) != 0) {
            if (got < 0 && errno == EINTR) continue;
            result = got < 0 ? -1 : write_all(out, chunk, (size_t)got);
        }
        if (result == 0) result = fchmod(out, mode); // whatever the umask took
        if (close(out) < 0) result = -1;
        if (result == 0) result = rename(fresh, to);
    }
    int error = errno;
    if (result < 0) unlink(fresh);
    free(fresh);
    close(in);
    errno = error;
    return result;
}
