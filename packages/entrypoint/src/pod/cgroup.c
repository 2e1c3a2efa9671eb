#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../both/buffer.h"
#include "../both/file.h"
#include "../both/message.h"

enum { FILE_LIMIT = 65536, REMOVE_ATTEMPTS = 20, REMOVE_PAUSE_US = 500 };

static int write_value(const char *path, const char *value) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    int result = write_all(fd, value, strlen(value));
    close(fd);
    return result;
}

void cgroups_create(const struct container_plan *plan) {
    for (size_t i = 0; i < plan->cgroup_count; i++)
        if (make_folders(plan->cgroups[i], 0755) < 0) say("%s: %s", plan->cgroups[i], strerror(errno));
    for (size_t i = 0; i < plan->cgroup_value_count; i++)
        if (write_value(plan->cgroup_values[i].file, plan->cgroup_values[i].value) < 0 && errno != ENOENT)
            say("%s: %s", plan->cgroup_values[i].file, strerror(errno));
}

void cgroups_join(const struct container_plan *plan) {
    for (size_t i = 0; i < plan->cgroup_count; i++) {
        char *path = text_format("%s/cgroup.procs", plan->cgroups[i]);
        if (write_value(path, "0") < 0) say("%s: %s", path, strerror(errno));
        free(path);
    }
}

bool cgroups_out_of_memory(const struct container_plan *plan) {
    struct buffer text = {0};
    if (!plan->oom_file) return false;
    bool killed = false;
    if (read_file(plan->oom_file, &text, FILE_LIMIT) == 0) {
        const char *line = strstr(buffer_string(&text), "oom_kill ");
        while (line && line != text.data && line[-1] != '\n') line = strstr(line + 1, "oom_kill ");
        killed = line && strtoll(line + strlen("oom_kill "), NULL, 10) > 0;
    }
    buffer_free(&text);
    return killed;
}

void cgroups_remove(const struct container_plan *plan) {
    for (size_t i = 0; i < plan->cgroup_count; i++)
        for (int attempt = 0; rmdir(plan->cgroups[i]) < 0 && errno == EBUSY && attempt < REMOVE_ATTEMPTS; attempt++)
            usleep(REMOVE_PAUSE_US); // the kernel takes its time over processes that are just gone
}
