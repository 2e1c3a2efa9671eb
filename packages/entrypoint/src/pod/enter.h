// Runs something inside a container that runs: what a readiness probe needs.
#pragma once

// enter PID exec COMMAND...   the command, in the container's namespaces; its exit code
// enter PID tcp HOST PORT     0 when a connection can be made from the container's network
// enter PID http HOST PORT PATH   0 when the answer is 200 to 399
int enter_container(char **argv);
