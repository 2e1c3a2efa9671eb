#define _GNU_SOURCE
#include "wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/buffer.h"
#include "../base/file.h"

enum {
    // File systems that other machines write to tell nobody here; so look now and then all the same.
    WATCHED_INTERVAL_MS = 1000,
    // A user has 128 inotify instances by default, and every waiting step takes one.
    UNWATCHED_INTERVAL_MS = 50,
};

static const unsigned CHANGES = IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

// The file's folder, or the nearest one above that exists: what is created there is on the way. The caller frees.
static char *nearest_folder(const char *path) {
    char *folder = folder_of(path);
    while (access(folder, F_OK) < 0 && errno == ENOENT && strcmp(folder, "/") != 0 && strcmp(folder, ".") != 0) {
        char *above = folder_of(folder);
        free(folder);
        folder = above;
    }
    return folder;
}

static bool watch_folder(int watch, const char *path) {
    char *folder = nearest_folder(path);
    bool watched = inotify_add_watch(watch, folder, CHANGES | IN_ONLYDIR) >= 0;
    free(folder);
    return watched;
}

void awaited_open(struct awaited *awaited) {
    awaited->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (awaited->watch >= 0 && !watch_folder(awaited->watch, awaited->path)) awaited_close(awaited);
}

void awaited_close(struct awaited *awaited) {
    if (awaited->watch >= 0) close(awaited->watch);
    awaited->watch = -1;
}

int awaited_interval_ms(const struct awaited *awaited) {
    return awaited->watch >= 0 ? WATCHED_INTERVAL_MS : UNWATCHED_INTERVAL_MS;
}

static int exists(const char *path, bool with_content) {
    struct stat found;
    if (stat(path, &found) == 0) return !with_content || found.st_size > 0;
    return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
}

int awaited_look(struct awaited *awaited, enum sight *sight) {
    if (awaited->watch >= 0) {
        char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
        bool moved = false;
        while (read(awaited->watch, events, sizeof events) > 0) moved = true;
        if (moved && !watch_folder(awaited->watch, awaited->path)) awaited_close(awaited); // a folder on the way is there now
    }
    *sight = NOT_THERE;
    int there = exists(awaited->path, awaited->with_content);
    if (there > 0) *sight = THERE;
    if (there != 0) return there < 0 ? -1 : 0;
    char *failed = text_format("%s.err", awaited->path);
    if (exists(failed, false) > 0) *sight = FAILED_BEFORE;
    free(failed);
    return 0;
}

static void wake(int number) { (void)number; }

// Asks for a signal at the next change in the folder: the way of kernels before inotify, which no limit counts. The
// descriptor holds the request.
static int request_signal(const char *path) {
    char *folder = nearest_folder(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd >= 0) fcntl(fd, F_NOTIFY, DN_CREATE | DN_RENAME | DN_MODIFY | DN_ATTRIB);
    return fd;
}

static int await_by_signal(struct awaited *awaited, enum sight *sight) {
    sigset_t mask, old_mask;
    struct sigaction action = {.sa_handler = wake}, old_action;
    struct timespec interval = {.tv_nsec = UNWATCHED_INTERVAL_MS * 1000000L};
    int result;
    sigemptyset(&mask);
    sigaddset(&mask, SIGIO);
    sigprocmask(SIG_BLOCK, &mask, &old_mask); // it comes while we sleep, or waits until then
    sigaction(SIGIO, &action, &old_action);
    sigset_t asleep = old_mask;
    sigdelset(&asleep, SIGIO);
    for (;;) {
        int request = request_signal(awaited->path); // W1
        result = awaited_look(awaited, sight);       // W2
        bool waits = result == 0 && *sight == NOT_THERE;
        int error = errno;
        if (waits) ppoll(NULL, 0, &interval, &asleep);
        if (request >= 0) close(request);
        errno = error;
        if (!waits) break;
    }
    int error = errno;
    sigaction(SIGIO, &old_action, NULL);
    sigprocmask(SIG_SETMASK, &old_mask, NULL);
    errno = error;
    return result;
}

int await_file(const char *path, bool with_content, enum sight *sight) {
    struct awaited awaited = {.path = path, .with_content = with_content, .watch = -1};
    int result = awaited_look(&awaited, sight); // most are there already; a watch costs more than a look
    if (result < 0 || *sight != NOT_THERE) return result;
    awaited_open(&awaited); // W1
    if (awaited.watch < 0) return await_by_signal(&awaited, sight);
    for (;;) {
        result = awaited_look(&awaited, sight); // W2
        if (result < 0 || *sight != NOT_THERE) break;
        struct pollfd ready = {.fd = awaited.watch, .events = POLLIN};
        poll(&ready, awaited.watch >= 0 ? 1 : 0, awaited_interval_ms(&awaited));
    }
    int error = errno;
    awaited_close(&awaited);
    errno = error;
    return result;
}
