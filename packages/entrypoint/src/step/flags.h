// The command line of a step, in the manner of Go's flag package: -name value, --name value, -name=value.
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct text_list {
    const char **items;
    size_t count;
};

void text_list_add(struct text_list *list, const char *item);

struct flags {
    const char *entrypoint;
    const char *wait_file; // comma separated
    bool wait_file_content;
    const char *post_file;
    const char *termination_path;
    const char *results; // comma separated
    const char *step_results;
    const char *timeout;
    const char *stdout_path;
    const char *stderr_path;
    const char *on_error;
    const char *step_metadata_dir;
    const char *when_expressions; // JSON
    bool breakpoint_on_failure, debug_before_step, keep_message;
    const char *credentials_layout; // empty: Tekton's
    struct text_list basic_git, ssh_git, git_instead_of, basic_docker, docker_config, docker_cfg;
    char **arguments; // what stands behind the flags, NULL at the end
};

// NULL, or a sentence about what cannot be understood.
char *parse_flags(struct flags *flags, char **argv);
