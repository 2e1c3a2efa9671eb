// A pod from its first container to its last.
#pragma once

// Returns the supervisor's exit code. `folder` is the pod's, with `plan` in it.
int run_pod(const char *folder);
