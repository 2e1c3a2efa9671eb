// A container's state, in a file that is only ever replaced whole:
//   running <pid> <started ns>
//   terminated <exit code> <started ns, 0: never> <finished ns> <reason> <message…>
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

void state_running(const char *path, pid_t pid, int64_t started_ns);
void state_terminated(const char *path, int code, int64_t started_ns, int64_t finished_ns, const char *reason, const char *message);
bool state_is_terminated(const char *path);
// Tells whoever watches the folder of this file that a state changed.
void touch_changed(const char *path);
