// The plan of a pod: everything its supervisor does, decided beforehand by the runtime and written to one file. The file
// is a row of NUL-terminated words; a word that names a field is followed by as many words as the field has.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

enum container_kind {
    INIT_CONTAINER,    // runs to its end, and well, before the next one starts
    SIDECAR_CONTAINER, // starts in turn with the init containers, runs beside the others, is ended after them
    MAIN_CONTAINER,
};

// A folder below a volume that is opened when the container starts, so that no link can lead out of the volume.
struct sub_path {
    int fd; // the number that the container's sandbox expects it at
    const char *volume;
    const char *path;
    bool create;
};

// Where a mount comes in a volume that containers write, below what of it is mounted (empty: all). A link there would be
// followed out of the volume, when the sandbox makes the mount point.
struct mount_point {
    const char *volume;
    const char *sub_path;
    const char *path;
};

// A file that the sandbox's arguments name by descriptor.
struct plan_file {
    int fd;
    const char *path;
};

struct cgroup_value {
    const char *file;
    const char *value;
};

struct container_plan {
    const char *name;
    enum container_kind kind;
    const char *sandbox_arguments; // file of NUL-terminated arguments for bwrap, environment included
    const char *log;
    const char *state;
    const char **command;
    size_t command_count;
    struct sub_path *sub_paths;
    size_t sub_path_count;
    struct mount_point *mount_points;
    size_t mount_point_count;
    struct plan_file *files;
    size_t file_count;
    const char **cgroups;
    size_t cgroup_count;
    struct cgroup_value *cgroup_values;
    size_t cgroup_value_count;
    const char *oom_file; // NULL: unknown; otherwise a file with a line `oom_kill N`
};

struct plan {
    const char *sandbox;    // path of bwrap
    const char *changed;    // file that is touched whenever a state changed
    const char *holder;     // fifo that a living executor holds open
    int64_t grace_ms;       // the pod ends this long after nobody held it
    int64_t deadline_ms;    // 0: none; from the supervisor's start
    int64_t termination_ms; // between SIGTERM and SIGKILL when nobody says otherwise
    bool own_network;
    struct container_plan *containers;
    size_t container_count;
};

// NULL, or a sentence about what is wrong. The words stay in memory for ever.
char *plan_read(struct plan *plan, const char *path);
