// Running the step's own process.
//
//   C1. Signals sent to the entrypoint reach the process's whole group.
//   C2. Every child is reaped: the entrypoint is the first process of its container.
//   C3. A process that takes longer than its timeout, or is cancelled, is killed with its group.
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct command {
    char **argv;
    int64_t timeout_ns;      // 0: none
    const char *cancel_file; // NULL: none; the process is killed once this file has content
    const char *stdout_path; // NULL: none; otherwise a copy of the stream is appended here
    const char *stderr_path;
};

enum outcome_kind { EXITED, NOT_STARTED, TIMED_OUT, CANCELLED };

struct outcome {
    enum outcome_kind kind;
    int code;  // of EXITED; 128 + n for a process that signal n ended
    int error; // of NOT_STARTED
};

struct outcome run_command(const struct command *command);

// Finds a program as execvp does, by the PATH of this process. The caller frees; NULL with errno when there is none.
char *find_program(const char *name);
