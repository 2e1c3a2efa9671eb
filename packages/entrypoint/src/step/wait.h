// Waiting for a file to appear.
//
// The kernel tells of changes in the file's folder by a signal (dnotify). inotify would be the newer way, but its
// descriptor takes 10 ms and more to close, even when the process just ends, and a user has only 128 of them; it is for
// kernels that have no dnotify.
//
//   W1. No moment is lost: the folder is watched before the file is looked for.
//   W2. Only looking decides; a notification just says "look again".
#pragma once
#include <stdbool.h>

enum sight {
    NOT_THERE,
    THERE,
    FAILED_BEFORE, // `<file>.err` is there: an earlier step failed
};

// One file that is waited for.
struct awaited {
    const char *path;
    bool with_content; // an empty file does not count
    char *folder;      // what is watched: the file's folder, or the nearest one above that exists
    int request;       // the folder, while the kernel sends SIGIO at changes in it; -1
    int watch;         // an inotify descriptor, to be polled; -1
};

// Starts watching. SIGIO must be blocked, and taken while asleep; and ignored by the program otherwise: one may be pending
// when the watch has ended, and would end the program.
void awaited_open(struct awaited *awaited);
void awaited_close(struct awaited *awaited);
// Looks, once. -1 with errno when the file cannot be looked at.
int awaited_look(struct awaited *awaited, enum sight *sight);
// How long one may sleep before looking again although nothing was said. Milliseconds.
int awaited_interval_ms(const struct awaited *awaited);
// Blocks until the file, or its `.err`, is there. -1 with errno.
int await_file(const char *path, bool with_content, enum sight *sight);
