// Breakpoints: a step that waits for a person. The decision comes as Tekton's debug scripts leave it, in a file beside the
// step's own, or from outside, as a line of /tekton/debug/decisions/<step's index>.
#pragma once
#include <stdbool.h>

enum breakpoint { BEFORE_STEP, AFTER_FAILURE };

// Blocks until somebody has decided. True: go on as if all were well. `code` is the exit code that was decided on, or left.
bool await_decision(enum breakpoint which, const char *post_file, int *code);
