// Waiting for a file to appear, with inotify.
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

// One file that is waited for. `watch` is an inotify descriptor, or -1 where the kernel gives none.
struct awaited {
    const char *path;
    bool with_content; // an empty file does not count
    int watch;
};

// Starts watching. Without inotify (its instances are few per user) `awaited_interval_ms` says how often to look.
void awaited_open(struct awaited *awaited);
void awaited_close(struct awaited *awaited);
// Looks, once; also empties the watch. -1 with errno when the file cannot be looked at.
int awaited_look(struct awaited *awaited, enum sight *sight);
// How long a poll may sleep before it must look again although nothing was said. Milliseconds.
int awaited_interval_ms(const struct awaited *awaited);
// Blocks until the file, or its `.err`, is there. -1 with errno.
int await_file(const char *path, bool with_content, enum sight *sight);
