#include "orphans.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../both/buffer.h"
#include "../both/file.h"

// A kernel without this list has nothing for us to read; then only those that end by themselves are reaped.
static bool kill_children(void) {
    char *path = text_format("/proc/self/task/%ld/children", (long)getpid());
    struct buffer list = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is_listed = fd >= 0 && read_all(fd, &list, 1 << 20) == 0;
    if (fd >= 0) close(fd);
    free(path);
    char *text = buffer_string(&list);
    for (char *next = text, *end; is_listed; next = end) {
        long pid = strtol(next, &end, 10);
        if (end == next) break;
        kill((pid_t)pid, SIGKILL);
    }
    free(text);
    return is_listed;
}

void end_orphans(void) {
    for (;;) {
        pid_t pid = waitpid(-1, NULL, WNOHANG);
        if (pid > 0 || (pid < 0 && errno == EINTR)) continue;
        if (pid < 0 || !kill_children()) return; // ECHILD: there are none
        waitpid(-1, NULL, 0); // a killed one comes; those below it are ours next
    }
}
