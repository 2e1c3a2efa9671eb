// Moving a process into a control group waits for a grace period of the kernel, 10 to 20 ms. A spare supervisor has done
// that before its pod comes; what it starts is in the group from the first moment, and cannot fork its way out.

#include "spare.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../both/buffer.h"
#include "../both/file.h"
#include "../both/message.h"

static void join(const char *cgroup) {
    char *path = text_format("%s/cgroup.procs", cgroup);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write_all(fd, "0", 1) < 0) say("%s: %s", path, strerror(errno));
    if (fd >= 0) close(fd);
    free(path);
}

static char *read_line(void) {
    struct buffer line = {0};
    for (;;) {
        char byte;
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || line.length > PATH_MAX) return NULL; // the executor is gone
        if (byte == '\n') return buffer_string(&line);
        buffer_add(&line, &byte, 1);
    }
}

char *wait_for_folder(const char *cgroup) {
    if (strcmp(cgroup, "-") != 0) join(cgroup);
    char *folder = read_line();
    if (!folder) return NULL;
    char *log = text_format("%s/supervisor.log", folder), *group = text_format("%s/cgroup", folder);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (nothing < 0 || out < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
        die("%s: %s", log, strerror(errno));
    close(nothing);
    close(out);
    // Whoever removes the pod removes its group, which we are in and cannot.
    if (strcmp(cgroup, "-") != 0 && write_file_atomically(group, cgroup, strlen(cgroup), 0600) < 0) say("%s: %s", group, strerror(errno));
    free(log);
    free(group);
    return folder;
}
