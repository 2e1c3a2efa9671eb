#define _GNU_SOURCE
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../both/beneath.h"
#include "../both/clock.h"
#include "../both/file.h"
#include "../both/message.h"
#include "cgroup.h"
#include "state.h"

enum {
    ARGUMENTS_FD = 3, // known to the runtime, which writes `-status-fd 4` into the command
    STATUS_FD = 4,
    HIGH_FD = 512, // where descriptors are kept while the fixed numbers are filled
    CANNOT_RUN_CODE = 128,
    KILLED_CODE = 137,
    TROUBLE_LIMIT = 2048,
};

// Opens a path below a volume, never outside it: links that lead out, and `..`, fail. Missing folders are made.
static int open_sub_path(const struct sub_path *sub_path) {
    int folder = open(sub_path->volume, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return -1;
    int found = open_beneath(folder, sub_path->path, O_PATH, 0);
    if (found >= 0 || errno != ENOENT || !sub_path->create) {
        close(folder);
        return found;
    }
    char *copy = text_copy(sub_path->path), *rest = copy, *name;
    while (folder >= 0 && (name = strsep(&rest, "/"))) {
        if (*name == '\0' || strcmp(name, ".") == 0) continue;
        if (mkdirat(folder, name, 0777) == 0) {
            int made = open_beneath(folder, name, O_RDONLY | O_DIRECTORY, NO_LINKS);
            if (made >= 0) fchmod(made, 0777); // whatever the umask took: any user of the pod may write
            if (made >= 0) close(made);
        }
        int deeper = open_beneath(folder, name, O_PATH, 0);
        int error = errno;
        close(folder);
        errno = error;
        folder = deeper;
    }
    free(copy);
    return folder;
}

// What is not there yet is made by the sandbox.
static bool is_behind_link(const struct mount_point *mount_point) {
    int folder = open(mount_point->volume, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0 && *mount_point->sub_path) {
        int below = open_beneath(folder, mount_point->sub_path, O_PATH | O_DIRECTORY, 0);
        close(folder);
        folder = below;
    }
    if (folder < 0) return false;
    int found = open_beneath(folder, mount_point->path, O_PATH, NO_LINKS);
    bool is_behind = found < 0 && (errno == ELOOP || errno == EXDEV);
    if (found >= 0) close(found);
    close(folder);
    return is_behind;
}

// In the child: tells why it cannot go on, in the way run-as does, and ends.
static void fail_start(const char *what) {
    char *text = text_format("E%s: %s", what, strerror(errno));
    send(STATUS_FD, text, strlen(text), MSG_NOSIGNAL);
    _exit(CANNOT_RUN_CODE);
}

// Leaves open what the sandbox is to inherit: 0, 1, 2, its arguments, the status socket, folders below volumes.
static void arrange_descriptors(const struct container_plan *plan, int out, int err, int status) {
    int kept_out = fcntl(out, F_DUPFD_CLOEXEC, HIGH_FD), kept_err = fcntl(err, F_DUPFD_CLOEXEC, HIGH_FD);
    int kept_status = fcntl(status, F_DUPFD_CLOEXEC, HIGH_FD);
    if (dup2(kept_status, STATUS_FD) < 0) _exit(CANNOT_RUN_CODE);
    int arguments = open(plan->sandbox_arguments, O_RDONLY | O_CLOEXEC);
    if (arguments < 0) fail_start(plan->sandbox_arguments);
    int kept_arguments = fcntl(arguments, F_DUPFD_CLOEXEC, HIGH_FD);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (kept_arguments < 0 || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(kept_out, STDOUT_FILENO) < 0 ||
        dup2(kept_err, STDERR_FILENO) < 0 || dup2(kept_arguments, ARGUMENTS_FD) < 0)
        fail_start("descriptors");
    for (size_t i = 0; i < plan->file_count; i++) {
        int file = open(plan->files[i].path, O_RDONLY | O_CLOEXEC);
        if (file < 0) fail_start(plan->files[i].path);
        int kept = fcntl(file, F_DUPFD_CLOEXEC, HIGH_FD); // it may have come at a number that is wanted
        close(file);
        if (kept < 0 || dup2(kept, plan->files[i].fd) < 0) fail_start("descriptors");
    }
    for (size_t i = 0; i < plan->sub_path_count; i++) {
        const struct sub_path *sub_path = &plan->sub_paths[i];
        int folder = open_sub_path(sub_path);
        if (folder < 0 && (errno == EXDEV || errno == ELOOP)) {
            errno = EXDEV;
            fail_start(text_format("subPath \"%s\" leads out of its volume", sub_path->path));
        }
        if (folder < 0) fail_start(text_format("subPath \"%s\"", sub_path->path));
        int kept = fcntl(folder, F_DUPFD_CLOEXEC, HIGH_FD);
        close(folder);
        if (kept < 0 || dup2(kept, sub_path->fd) < 0) fail_start("descriptors");
    }
    // After the folders above are there: they may be made just now.
    for (size_t i = 0; i < plan->mount_point_count; i++) {
        const struct mount_point *mount_point = &plan->mount_points[i];
        if (!is_behind_link(mount_point)) continue;
        errno = ELOOP;
        fail_start(text_format("the mount point %s is behind a link in its volume", mount_point->path));
    }
}

static void become_sandbox(const struct container_plan *plan, const struct plan *pod, pid_t supervisor, int out, int err, int status) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); // K2; bwrap and run-as do the same for what is inside
    if (getppid() != supervisor) _exit(KILLED_CODE);
    sigset_t none;
    sigemptyset(&none);
    setsid();
    arrange_descriptors(plan, out, err, status);
    cgroups_join(plan);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    char **argv = memory(plan->command_count + 5, sizeof *argv);
    size_t count = 0;
    argv[count++] = text_copy(pod->sandbox);
    argv[count++] = text_copy("--args");
    argv[count++] = text_format("%d", ARGUMENTS_FD);
    argv[count++] = text_copy("--");
    memcpy(argv + count, plan->command, plan->command_count * sizeof *argv);
    // The container's environment is in the arguments file: were it bwrap's own, LD_PRELOAD would be at work out here.
    execve(pod->sandbox, argv, (char *[]){NULL});
    fail_start(pod->sandbox);
}

void container_start(struct container *container, const struct plan *plan) {
    int out[2] = {-1, -1}, err[2] = {-1, -1}, status[2] = {-1, -1};
    int yes = 1;
    container->phase = STARTING;
    container->started_ns = wall_ns();
    container->status = container->process = -1;
    cgroups_create(container->plan);
    pid_t supervisor = getpid();
    if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, status) < 0 ||
        setsockopt(status[0], SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) < 0 || (container->sandbox = fork()) < 0) {
        char *why = text_copy(strerror(errno));
        for (int i = 0; i < 2; i++) {
            close(out[i]);
            close(err[i]);
            close(status[i]);
        }
        container_give_up(container, CANNOT_RUN_CODE, "StartError", why);
        free(why);
        return;
    }
    if (container->sandbox == 0) become_sandbox(container->plan, plan, supervisor, out[1], err[1], status[1]);
    close(out[1]);
    close(err[1]);
    close(status[1]);
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    fcntl(err[0], F_SETFL, O_NONBLOCK);
    fcntl(status[0], F_SETFL, O_NONBLOCK);
    container->status = status[0];
    if (log_open(&container->log, container->plan->log, out[0], err[0]) < 0) say("%s: %s", container->plan->log, strerror(errno));
}

// One message of run-as; the kernel says who sent it. 0: it has let go.
static ssize_t receive(struct container *container, char *text, size_t size) {
    union {
        char space[CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = text, .iov_len = size - 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    ssize_t got;
    while ((got = recvmsg(container->status, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {}
    if (got < 0) return got;
    text[got] = '\0';
    for (struct cmsghdr *part_of = CMSG_FIRSTHDR(&message); got > 0 && part_of; part_of = CMSG_NXTHDR(&message, part_of)) {
        struct ucred sender;
        if (part_of->cmsg_level != SOL_SOCKET || part_of->cmsg_type != SCM_CREDENTIALS) continue;
        memcpy(&sender, CMSG_DATA(part_of), sizeof sender);
        if (text[0] == 'S' && !container->entered) {
            container->entered = true;
            container->pid = sender.pid;
            container->process = (int)syscall(SYS_pidfd_open, sender.pid, 0); // fails when it has ended already
        }
    }
    return got;
}

void container_status(struct container *container) {
    char text[TROUBLE_LIMIT];
    ssize_t got;
    while ((got = receive(container, text, sizeof text)) > 0)
        if (text[0] == 'E' && container->trouble.length == 0) buffer_text(&container->trouble, text + 1);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    close(container->status);
    container->status = -1;
    if (!container->entered || container->trouble.length > 0) return; // its end, which follows, says the rest
    container->phase = RUNNING;
    container->started_ns = wall_ns();
    state_running(container->plan->state, container->pid, container->started_ns);
}

// Line ends would break the state file.
static const char *one_line(struct buffer *text) {
    char *at = buffer_string(text);
    for (size_t i = 0; i < text->length; i++)
        if (at[i] == '\n' || at[i] == '\0') at[i] = ' ';
    return at;
}

static void finish(struct container *container, int code, int64_t started_ns, const char *reason, const char *message) {
    container->phase = ENDED;
    container->code = code;
    state_terminated(container->plan->state, code, started_ns, wall_ns(), reason, message);
}

void container_ended(struct container *container, int wait_status) {
    int code = WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
    if (container->status >= 0) container_status(container);
    if (container->status >= 0) close(container->status);
    bool ran = container->phase == RUNNING;
    bool out_of_memory = code != 0 && cgroups_out_of_memory(container->plan);
    log_close(&container->log); // K3
    // Where bwrap could not build the sandbox, it has said why.
    if (!ran && container->trouble.length == 0 && !out_of_memory) log_last_line(container->plan->log, &container->trouble);
    if (container->process >= 0) close(container->process);
    container->process = -1;
    container->status = -1;
    cgroups_remove(container->plan);
    if (out_of_memory)
        finish(container, code, container->started_ns, "OOMKilled", "");
    else if (!ran)
        finish(container, code ? CANNOT_RUN_CODE : 0, container->started_ns, code ? "StartError" : "Completed", one_line(&container->trouble));
    else
        finish(container, code, container->started_ns, code == 0 ? "Completed" : "Error", "");
    buffer_free(&container->trouble);
}

void container_give_up(struct container *container, int code, const char *reason, const char *message) {
    finish(container, code, 0, reason, message);
}

void container_signal(struct container *container, int number) {
    if (container->phase != STARTING && container->phase != RUNNING) return;
    if (container->process >= 0)
        syscall(SYS_pidfd_send_signal, container->process, number, NULL, 0);
    else
        kill(container->sandbox, SIGKILL); // not yet inside; its child dies with it
}
