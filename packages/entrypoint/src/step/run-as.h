// The first process of every container of the process runtime: from the sandbox's user to the container's.
#pragma once

// run-as [-init] [-status-fd N] [-chdir DIR] UID GID GROUPS -- COMMAND...
int run_as(char **argv);
