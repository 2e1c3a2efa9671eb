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

#include "../both/buffer.h"
#include "../both/file.h"

enum {
    // File systems that other machines write to tell nobody here; so look now and then all the same.
    WATCHED_INTERVAL_MS = 1000,
    UNWATCHED_INTERVAL_MS = 10,
};

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

void awaited_open(struct awaited *awaited) {
    awaited->folder = nearest_folder(awaited->path);
    awaited->watch = -1;
    awaited->request = open(awaited->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const unsigned changes = DN_CREATE | DN_RENAME | DN_MODIFY | DN_ATTRIB | DN_MULTISHOT;
    if (awaited->request >= 0 && fcntl(awaited->request, F_NOTIFY, changes) == 0) return;
    if (awaited->request >= 0) close(awaited->request);
    awaited->request = -1;
    awaited->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    const unsigned events = IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
    if (awaited->watch < 0 || inotify_add_watch(awaited->watch, awaited->folder, events | IN_ONLYDIR) >= 0) return;
    close(awaited->watch);
    awaited->watch = -1;
}

void awaited_close(struct awaited *awaited) {
    if (awaited->request >= 0) close(awaited->request);
    if (awaited->watch >= 0) close(awaited->watch);
    free(awaited->folder);
    awaited->folder = NULL;
    awaited->request = awaited->watch = -1;
}

int awaited_interval_ms(const struct awaited *awaited) {
    return awaited->request >= 0 || awaited->watch >= 0 ? WATCHED_INTERVAL_MS : UNWATCHED_INTERVAL_MS;
}

// A folder on the way may be there now; then that is the one to watch.
static void follow_folder(struct awaited *awaited) {
    char *folder = nearest_folder(awaited->path);
    if (strcmp(folder, awaited->folder) != 0) {
        awaited_close(awaited);
        awaited_open(awaited);
    }
    free(folder);
}

static int exists(const char *path, bool with_content) {
    struct stat found;
    if (stat(path, &found) == 0) return !with_content || found.st_size > 0;
    return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
}

int awaited_look(struct awaited *awaited, enum sight *sight) {
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    while (awaited->watch >= 0 && read(awaited->watch, events, sizeof events) > 0) {}
    if (awaited->folder) follow_folder(awaited); // W1
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

int await_file(const char *path, bool with_content, enum sight *sight) {
    struct awaited awaited = {.path = path, .with_content = with_content, .request = -1, .watch = -1};
    int result = awaited_look(&awaited, sight); // most are there already; a watch costs more than a look
    if (result < 0 || *sight != NOT_THERE) return result;

    sigset_t mask, old_mask;
    struct sigaction action = {.sa_handler = wake}, old_action;
    sigemptyset(&mask);
    sigaddset(&mask, SIGIO);
    sigprocmask(SIG_BLOCK, &mask, &old_mask); // it comes while we sleep, or waits until we do
    sigaction(SIGIO, &action, &old_action);
    sigset_t asleep = old_mask;
    sigdelset(&asleep, SIGIO);
    awaited_open(&awaited); // W1
    for (;;) {
        result = awaited_look(&awaited, sight); // W2
        if (result < 0 || *sight != NOT_THERE) break;
        int interval_ms = awaited_interval_ms(&awaited);
        struct timespec interval = {.tv_sec = interval_ms / 1000, .tv_nsec = interval_ms % 1000 * 1000000L};
        struct pollfd ready = {.fd = awaited.watch, .events = POLLIN};
        ppoll(&ready, 1, &interval, &asleep);
    }
    int error = errno;
    if (awaited.watch < 0) awaited_close(&awaited); // an inotify descriptor is left to the end: closing it takes its time
    sigprocmask(SIG_SETMASK, &old_mask, NULL); // one that is still pending comes now,
    sigaction(SIGIO, &old_action, NULL);       // while it does no harm
    errno = error;
    return result;
}
