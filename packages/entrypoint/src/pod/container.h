// One container: its sandbox, its output, its state.
//
//   K1. A container is started at most once; its state file says what became of it.
//   K2. Its processes die with this one, by whatever signal: every link of the chain asks the kernel for that.
//   K3. Its end is reported after its output is in the log.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "log.h"
#include "plan.h"

enum phase { WAITING, STARTING, RUNNING, ENDED };

struct container {
    const struct container_plan *plan;
    enum phase phase;
    pid_t sandbox;  // bwrap
    int status;     // socket to run-as; -1 once the command runs
    bool entered;   // run-as was inside the sandbox
    int process;    // pidfd of the first process inside; -1: not known
    pid_t pid;      // the same, as a number, for whoever reads the state
    int64_t started_ns;
    int code;       // of ENDED
    struct log log;
    struct buffer trouble; // why the command could not be started
};

void container_start(struct container *container, const struct plan *plan);
// Something arrived on the status socket.
void container_status(struct container *container);
// Its sandbox has ended with this wait status.
void container_ended(struct container *container, int wait_status);
// It will never be started.
void container_give_up(struct container *container, int code, const char *reason, const char *message);
void container_signal(struct container *container, int signal);
