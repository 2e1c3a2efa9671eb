// Files: whole reads with a bound, whole writes, folders. Every function goes on after EINTR and closes on exec.
// Those that return int give 0, or -1 with errno set.
#pragma once
#include <stddef.h>
#include <sys/types.h>

#include "buffer.h"

// Appends at most `limit` bytes of an open file; a longer one fails with EFBIG.
int read_all(int fd, struct buffer *into, size_t limit);
int read_file(const char *path, struct buffer *into, size_t limit);
int write_all(int fd, const void *bytes, size_t length);
// Creates or replaces; the file is never seen half written by one who opens it by name.
int write_file_atomically(const char *path, const void *bytes, size_t length, mode_t mode);
// Creates or truncates in place: for files that are mount points and cannot be replaced. Follows no link at the end.
int write_file_in_place(const char *path, const void *bytes, size_t length, mode_t mode);
// Like mkdir -p.
int make_folders(const char *path, mode_t mode);
int make_parent_folders(const char *path, mode_t mode);
// Replaces DST with a copy of SRC under the given mode, by renaming.
int copy_file(const char *from, const char *to, mode_t mode);
// "." for a name without a slash; the caller frees.
char *folder_of(const char *path);
