// SIGTERM, by which a container is asked to end.
#pragma once
#include <signal.h>

// Has it wait until somebody reads it: the first process of a container loses it while it has no handler, and nobody sends
// it twice. Answers the mask that held before.
sigset_t hold_back_stop(void);
