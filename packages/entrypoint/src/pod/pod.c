// The supervisor's loop. One process per pod; it outlives the executor that started it.
//
//   P1. One supervisor per pod: it holds a lock on the pod's folder.
//   P2. Containers are started by the first supervisor only: it leaves `launched` before the first one. A later one
//       finds their processes dead (K2) and says so.
//   P3. Without an executor for `grace_ms` the pod ends.

#define _GNU_SOURCE
#include "pod.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../both/clock.h"
#include "../both/file.h"
#include "../both/message.h"
#include "cgroup.h"
#include "container.h"
#include "network.h"
#include "orphans.h"
#include "state.h"

enum { KILLED_CODE = 137, HOLDER_CHECK_MS = 250, NS_PER_MS = 1000000 };

struct pod {
    struct plan plan;
    struct container *containers;
    int control; // fifo with commands
    int holder;  // fifo that an executor holds open; -1: none
    int signals;
    int64_t abandoned_ns; // since when nobody holds it; 0: somebody does
    int64_t deadline_ns;
    bool stopping;
    int64_t kill_ns; // when SIGTERM is followed by SIGKILL
    bool killed;
};

static bool is_done(const struct pod *pod) {
    for (size_t i = 0; i < pod->plan.container_count; i++)
        if (pod->containers[i].phase != ENDED) return false;
    return true;
}

static void signal_all(struct pod *pod, int number) {
    for (size_t i = 0; i < pod->plan.container_count; i++) container_signal(&pod->containers[i], number);
}

static void stop(struct pod *pod, int64_t grace_ms) {
    int64_t kill_ns = monotonic_ns() + grace_ms * NS_PER_MS;
    if (pod->stopping && kill_ns >= pod->kill_ns) return;
    pod->kill_ns = kill_ns;
    if (!pod->stopping) signal_all(pod, SIGTERM);
    pod->stopping = true;
    for (size_t i = 0; i < pod->plan.container_count; i++)
        if (pod->containers[i].phase == WAITING)
            container_give_up(&pod->containers[i], KILLED_CODE, "Error", "The pod was stopped before this container started.");
    touch_changed(pod->plan.changed);
}

// Sidecars that the init phase started are of use only to the others.
static void stop_sidecars(struct pod *pod) {
    bool sidecars = false;
    for (size_t i = 0; i < pod->plan.container_count; i++) {
        bool running = pod->containers[i].phase != ENDED;
        if (running && pod->plan.containers[i].kind != SIDECAR_CONTAINER) return;
        sidecars = sidecars || running;
    }
    if (sidecars) stop(pod, pod->plan.termination_ms);
}

// Starts what may start: init containers one after another, then all the others at once.
static void advance(struct pod *pod) {
    for (size_t i = 0; i < pod->plan.container_count && !pod->stopping; i++) {
        struct container *container = &pod->containers[i];
        enum container_kind kind = pod->plan.containers[i].kind;
        if (container->phase == WAITING) container_start(container, &pod->plan);
        if (kind == INIT_CONTAINER && container->phase != ENDED) return;
        if (kind == SIDECAR_CONTAINER && container->phase == STARTING) return;
        if (kind == INIT_CONTAINER && container->code != 0) {
            // A kubelet leaves the others waiting for ever; that is what this reason stands for.
            for (size_t j = i + 1; j < pod->plan.container_count; j++)
                container_give_up(&pod->containers[j], KILLED_CODE, "NotStarted", "");
            stop(pod, pod->plan.termination_ms);
            return;
        }
    }
    stop_sidecars(pod);
}

static void reap(struct pod *pod) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) != 0;) {
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) return;
        for (size_t i = 0; i < pod->plan.container_count; i++) {
            struct container *container = &pod->containers[i];
            if (container->sandbox != pid || (container->phase != STARTING && container->phase != RUNNING)) continue;
            container_ended(container, status);
            touch_changed(pod->plan.changed);
        }
    }
}

static void take_signals(struct pod *pod) {
    struct signalfd_siginfo info;
    while (read(pod->signals, &info, sizeof info) == sizeof info)
        if (info.ssi_signo != SIGCHLD) stop(pod, pod->plan.termination_ms);
    reap(pod);
}

// `stop <grace in ms>` a line; what is not understood is left alone.
static void take_commands(struct pod *pod) {
    char text[4096];
    ssize_t got;
    while ((got = read(pod->control, text, sizeof text - 1)) > 0) {
        text[got] = '\0';
        char *rest = text, *line;
        while ((line = strsep(&rest, "\n"))) {
            char *end;
            if (strncmp(line, "stop ", 5) != 0) continue;
            long long grace_ms = strtoll(line + 5, &end, 10);
            if (*end == '\0' && grace_ms >= 0 && grace_ms < 1000000000) stop(pod, grace_ms);
        }
    }
}

// A fifo without a writer reads as ended, with one as empty.
static void look_for_holder(struct pod *pod) {
    char byte;
    if (pod->holder < 0) pod->holder = open(pod->plan.holder, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ssize_t got = pod->holder < 0 ? 0 : read(pod->holder, &byte, 1);
    bool held = got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
    if (held)
        pod->abandoned_ns = 0;
    else if (pod->abandoned_ns == 0)
        pod->abandoned_ns = monotonic_ns();
}

static void check_times(struct pod *pod) {
    int64_t now = monotonic_ns();
    if (!pod->stopping && pod->abandoned_ns && now - pod->abandoned_ns >= pod->plan.grace_ms * NS_PER_MS) {
        say("no executor came back for the pod within %lld ms; it ends", (long long)pod->plan.grace_ms);
        stop(pod, pod->plan.termination_ms); // P3
    }
    if (!pod->stopping && pod->deadline_ns && now >= pod->deadline_ns) {
        write_file_atomically("deadline", "", 0, 0600);
        stop(pod, pod->plan.termination_ms);
    }
    if (pod->stopping && !pod->killed && now >= pod->kill_ns) {
        signal_all(pod, SIGKILL);
        pod->killed = true;
    }
}

static int wait_ms(const struct pod *pod) {
    int64_t now = monotonic_ns(), next = INT64_MAX;
    if (pod->abandoned_ns && !pod->stopping) next = now + (int64_t)HOLDER_CHECK_MS * NS_PER_MS;
    if (pod->deadline_ns && !pod->stopping && pod->deadline_ns < next) next = pod->deadline_ns;
    if (pod->stopping && !pod->killed && pod->kill_ns < next) next = pod->kill_ns;
    if (next == INT64_MAX) return -1;
    if (next <= now) return 0;
    int64_t left_ms = (next - now) / NS_PER_MS + 1;
    return left_ms > 3600000 ? 3600000 : (int)left_ms;
}

static void run(struct pod *pod) {
    size_t count = pod->plan.container_count;
    struct pollfd *ready = memory(3 + 3 * count, sizeof *ready);
    for (advance(pod); !is_done(pod); advance(pod)) {
        ready[0] = (struct pollfd){.fd = pod->signals, .events = POLLIN};
        ready[1] = (struct pollfd){.fd = pod->control, .events = POLLIN};
        ready[2] = (struct pollfd){.fd = pod->abandoned_ns ? -1 : pod->holder, .events = 0}; // its end wakes us
        for (size_t i = 0; i < count; i++) {
            const struct container *container = &pod->containers[i];
            bool live = container->phase == STARTING || container->phase == RUNNING;
            ready[3 + 3 * i] = (struct pollfd){.fd = live ? container->status : -1, .events = POLLIN};
            for (size_t j = 0; j < 2; j++)
                ready[4 + 3 * i + j] = (struct pollfd){.fd = live ? container->log.streams[j].fd : -1, .events = POLLIN};
        }
        poll(ready, 3 + 3 * count, wait_ms(pod));
        for (size_t i = 0; i < count; i++) {
            struct container *container = &pod->containers[i];
            if (ready[3 + 3 * i].revents) {
                container_status(container);
                touch_changed(pod->plan.changed);
                // One that was stopped before its first process was known has missed the signal.
                if (pod->stopping && container->phase == RUNNING) container_signal(container, pod->killed ? SIGKILL : SIGTERM);
            }
            for (size_t j = 0; j < 2; j++)
                if (ready[4 + 3 * i + j].revents) log_read(&container->log, &container->log.streams[j], false);
        }
        if (ready[0].revents) take_signals(pod);
        if (ready[1].revents) take_commands(pod);
        if (ready[2].revents || pod->abandoned_ns) look_for_holder(pod);
        check_times(pod);
    }
    free(ready);
}

// What a supervisor that is gone has left: its containers died with it.
static void report_lost(const struct pod *pod) {
    for (size_t i = 0; i < pod->plan.container_count; i++) {
        const struct container_plan *container = &pod->plan.containers[i];
        cgroups_remove(container);
        if (state_is_terminated(container->state)) continue;
        state_terminated(container->state, KILLED_CODE, 0, wall_ns(), "ContainerStatusUnknown",
                         "The container could not be located when the pod was terminated.");
    }
    touch_changed(pod->plan.changed);
}

static int open_control(const char *name) {
    if (mkfifo(name, 0600) < 0 && errno != EEXIST) return -1;
    return open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC); // our own write end keeps it from ending
}

int run_pod(const char *folder) {
    struct pod pod = {.holder = -1};
    if (chdir(folder) < 0) die("%s: %s", folder, strerror(errno));
    int lock = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) die("%s/lock: %s", folder, strerror(errno));
    if (flock(lock, LOCK_EX | LOCK_NB) < 0) return 0; // P1
    char own_pid[24]; // for whoever must end this one by force; true as long as the fifo says that it lives
    int length = snprintf(own_pid, sizeof own_pid, "%ld\n", (long)getpid());
    if (ftruncate(lock, 0) < 0 || write_all(lock, own_pid, (size_t)length) < 0) die("%s/lock: %s", folder, strerror(errno));
    char *problem = plan_read(&pod.plan, "plan");
    if (problem) die("%s/plan: %s", folder, problem);

    sigset_t signals;
    sigemptyset(&signals);
    for (const int *number = (const int[]){SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, 0}; *number; number++) sigaddset(&signals, *number);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    umask(022);
    pod.signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    pod.control = open_control("control");
    if (pod.signals < 0 || pod.control < 0) die("%s/control: %s", folder, strerror(errno));
    pod.containers = memory(pod.plan.container_count, sizeof *pod.containers);
    for (size_t i = 0; i < pod.plan.container_count; i++)
        pod.containers[i] = (struct container){.plan = &pod.plan.containers[i], .status = -1, .process = -1, .log.fd = -1};

    int launched = open("launched", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600); // P2
    if (launched < 0) {
        report_lost(&pod);
        return 0;
    }
    close(launched);
    if (pod.plan.own_network && (problem = network_enter_own())) {
        for (size_t i = 0; i < pod.plan.container_count; i++) container_give_up(&pod.containers[i], 128, "StartError", problem);
        touch_changed(pod.plan.changed);
        return 0;
    }
    prctl(PR_SET_DUMPABLE, 0); // it has read secrets; not before, or its own id maps would be closed to it
    look_for_holder(&pod);
    if (pod.plan.deadline_ms > 0) pod.deadline_ns = monotonic_ns() + pod.plan.deadline_ms * NS_PER_MS;
    run(&pod);
    end_orphans();
    unlink("control");
    touch_changed(pod.plan.changed);
    return 0;
}
