#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../both/buffer.h"
#include "../both/file.h"

enum { PLAN_LIMIT = 64 * 1024 * 1024, LOWEST_FD = 10, HIGHEST_FD = 500 };

struct words {
    const char *at;
    const char *end;
    char *problem;
};

static const char *next(struct words *words) {
    if (words->problem) return "";
    if (words->at >= words->end) {
        words->problem = text_copy("the plan ends too early");
        return "";
    }
    const char *word = words->at;
    words->at += strlen(word) + 1;
    return word;
}

static int64_t next_number(struct words *words, int64_t lowest, int64_t highest) {
    const char *word = next(words);
    char *end;
    errno = 0;
    long long value = strtoll(word, &end, 10);
    if (!words->problem && (errno || *word == '\0' || *end != '\0' || value < lowest || value > highest))
        words->problem = text_format("the plan has %s where a number from %lld to %lld is expected", word, (long long)lowest, (long long)highest);
    return value;
}

#define GROW(array, count) ((array) = grow((array), (count), sizeof *(array)), &(array)[(count)++])

static void *grow(void *array, size_t count, size_t size) {
    void *grown = reallocarray(array, count + 1, size);
    if (!grown) abort();
    memset((char *)grown + count * size, 0, size);
    return grown;
}

static void read_container_field(struct container_plan *container, const char *field, struct words *words) {
    if (strcmp(field, "arguments") == 0) {
        container->sandbox_arguments = next(words);
    } else if (strcmp(field, "log") == 0) {
        container->log = next(words);
    } else if (strcmp(field, "state") == 0) {
        container->state = next(words);
    } else if (strcmp(field, "command") == 0) {
        for (int64_t count = next_number(words, 1, 1000000); count > 0 && !words->problem; count--)
            *GROW(container->command, container->command_count) = next(words);
    } else if (strcmp(field, "sub-path") == 0) {
        struct sub_path *sub_path = GROW(container->sub_paths, container->sub_path_count);
        sub_path->fd = (int)next_number(words, LOWEST_FD, HIGHEST_FD);
        sub_path->volume = next(words);
        sub_path->path = next(words);
        sub_path->create = next_number(words, 0, 1) == 1;
    } else if (strcmp(field, "mount-point") == 0) {
        struct mount_point *mount_point = GROW(container->mount_points, container->mount_point_count);
        mount_point->volume = next(words);
        mount_point->sub_path = next(words);
        mount_point->path = next(words);
    } else if (strcmp(field, "file") == 0) {
        struct plan_file *file = GROW(container->files, container->file_count);
        file->fd = (int)next_number(words, LOWEST_FD, HIGHEST_FD);
        file->path = next(words);
    } else if (strcmp(field, "cgroup") == 0) {
        *GROW(container->cgroups, container->cgroup_count) = next(words);
    } else if (strcmp(field, "cgroup-value") == 0) {
        struct cgroup_value *value = GROW(container->cgroup_values, container->cgroup_value_count);
        value->file = next(words);
        value->value = next(words);
    } else if (strcmp(field, "oom") == 0) {
        container->oom_file = next(words);
    } else if (!words->problem) {
        words->problem = text_format("the plan has an unknown field %s", field);
    }
}

static void read_field(struct plan *plan, const char *field, struct words *words) {
    struct container_plan *container = plan->container_count ? &plan->containers[plan->container_count - 1] : NULL;
    if (strcmp(field, "container") == 0) {
        container = GROW(plan->containers, plan->container_count);
        container->name = next(words);
        container->kind = (enum container_kind)next_number(words, INIT_CONTAINER, MAIN_CONTAINER);
    } else if (container) {
        read_container_field(container, field, words);
    } else if (strcmp(field, "sandbox") == 0) {
        plan->sandbox = next(words);
    } else if (strcmp(field, "changed") == 0) {
        plan->changed = next(words);
    } else if (strcmp(field, "holder") == 0) {
        plan->holder = next(words);
    } else if (strcmp(field, "grace-ms") == 0) {
        plan->grace_ms = next_number(words, 0, INT64_MAX / 4000000);
    } else if (strcmp(field, "deadline-ms") == 0) {
        plan->deadline_ms = next_number(words, 0, INT64_MAX / 4000000);
    } else if (strcmp(field, "termination-ms") == 0) {
        plan->termination_ms = next_number(words, 0, INT64_MAX / 4000000);
    } else if (strcmp(field, "own-network") == 0) {
        plan->own_network = next_number(words, 0, 1) == 1;
    } else if (!words->problem) {
        words->problem = text_format("the plan has an unknown field %s", field);
    }
}

static char *check(const struct plan *plan) {
    if (!plan->sandbox || !plan->changed || !plan->holder) return text_copy("the plan lacks sandbox, changed or holder");
    if (plan->container_count == 0) return text_copy("the plan has no containers");
    for (size_t i = 0; i < plan->container_count; i++) {
        const struct container_plan *container = &plan->containers[i];
        if (!container->sandbox_arguments || !container->log || !container->state || container->command_count == 0)
            return text_format("the plan of container %s lacks arguments, log, state or command", container->name);
    }
    return NULL;
}

char *plan_read(struct plan *plan, const char *path) {
    struct buffer text = {0};
    if (read_file(path, &text, PLAN_LIMIT) < 0) return text_format("%s: %s", path, strerror(errno));
    const char *start = buffer_string(&text);
    struct words words = {.at = start, .end = start + text.length};
    *plan = (struct plan){0};
    while (words.at < words.end && !words.problem) read_field(plan, next(&words), &words);
    return words.problem ? words.problem : check(plan);
}
