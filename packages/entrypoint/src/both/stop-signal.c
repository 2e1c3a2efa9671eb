#include "stop-signal.h"

#include <stddef.h>

sigset_t hold_back_stop(void) {
    sigset_t stop, before;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, &before);
    return before;
}
