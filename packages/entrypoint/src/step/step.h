// One step from its flags to its exit code.
#pragma once

int run_step(char **argv);
