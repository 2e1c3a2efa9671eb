// Becomes the user that the pod asks for, inside the container's own root, and then the command. A static program,
// because nothing else is sure to be there.
//
// With -init it stays as the first process: it passes signals on and reaps, so that a command which has no handlers
// still ends by SIGTERM. Without, the command is the first process; the entrypoint does all that itself.
//
//   R1. Before anything of the container runs, `S` is sent on the status socket; the kernel puts our process id with it.
//       A command that cannot be started sends `E<why>` behind it. The end of the stream means it runs.
//   R2. When the supervisor dies, so does this: changing the user takes the parent's death signal away, it is set anew.

#define _GNU_SOURCE
#include "run-as.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../both/buffer.h"
#include "../both/file.h"
#include "../both/message.h"
#include "../both/stop-signal.h"
#include "../both/syscalls.h"
#include "command.h"

enum {
    CANNOT_RUN_CODE = 128, // what a kubelet reports for a command that could not be started
    GROUPS_LIMIT = 64,
};

static int status_fd = -1;

static void refuse(const char *what, int error) {
    char *text = text_format("E%s: %s", what, strerror(error));
    if (status_fd >= 0)
        send(status_fd, text, strlen(text), MSG_NOSIGNAL);
    else
        say("%s", text + 1);
    _exit(CANNOT_RUN_CODE);
}

static unsigned number(const char *text) {
    char *end;
    errno = 0;
    unsigned long value = text ? strtoul(text, &end, 10) : 0;
    if (!text || errno || *text < '0' || *text > '9' || *end != '\0' || value > 0xfffffffe) die("run-as: %s is not an id", text ? text : "nothing");
    return (unsigned)value;
}

static void become_user(unsigned uid, unsigned gid, char *list) {
    gid_t groups[GROUPS_LIMIT];
    size_t count = 0;
    for (char *name; list && (name = strsep(&list, ","));)
        if (*name && strcmp(name, "-") != 0 && count < GROUPS_LIMIT) groups[count++] = number(name);
    // In a user namespace of one user there are no groups to set, and the namespace itself makes us who we are.
    if (setgroups(count, groups) < 0 && errno != EPERM) refuse("setgroups", errno);
    if (getgid() != gid && setresgid(gid, gid, gid) < 0) refuse("setgid", errno);
    if (getuid() != uid && setresuid(uid, uid, uid) < 0) refuse("setuid", errno);
}

static void die_with_supervisor(void) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); // R2
    struct pollfd ready = {.fd = status_fd, .events = 0};
    if (status_fd >= 0 && poll(&ready, 1, 0) > 0 && ready.revents & POLLHUP) _exit(CANNOT_RUN_CODE); // it already has
}

static void execute(char **command) {
    char *program = find_program(command[0]);
    if (!program) refuse(command[0], errno);
    signal(SIGPIPE, SIG_DFL);
    execv(program, command);
    refuse(command[0], errno);
}

static int exit_code(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

// The life of a first process. Ends with the command's code; what it leaves behind ends with the namespace.
static int stay(char **command, const sigset_t *given_mask) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    prctl(PR_SET_DUMPABLE, 0); // the container's user may not take over who watches it
    int signals = signalfd(-1, &all, SFD_CLOEXEC);
    pid_t process = fork();
    if (signals < 0 || process < 0) refuse("fork", errno);
    if (process == 0) {
        sigprocmask(SIG_SETMASK, given_mask, NULL);
        setsid();
        execute(command);
    }
    if (status_fd >= 0) close(status_fd);
    for (;;) {
        struct signalfd_siginfo info;
        if (read(signals, &info, sizeof info) != sizeof info) continue;
        if (info.ssi_signo != SIGCHLD) {
            kill(-process, (int)info.ssi_signo);
            continue;
        }
        int status;
        for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
            if (pid == process) return exit_code(status);
    }
}

int run_as(char **argv) {
    bool init = false;
    const char *folder = NULL;
    for (; *argv && **argv == '-' && strcmp(*argv, "--") != 0; argv++) {
        if (strcmp(*argv, "-init") == 0)
            init = true;
        else if (strcmp(*argv, "-status-fd") == 0 && argv[1])
            status_fd = (int)number(*++argv);
        else if (strcmp(*argv, "-chdir") == 0 && argv[1])
            folder = *++argv;
        else
            die("run-as: %s is not an option", *argv);
    }
    if (!argv[0] || !argv[1] || !argv[2] || !argv[3] || strcmp(argv[3], "--") != 0 || !argv[4])
        die("usage: run-as [-init] [-status-fd N] [-chdir DIR] UID GID GROUPS -- COMMAND...");
    // Whoever hears that we are here may stop us at once. Who becomes the entrypoint leaves it to that.
    sigset_t given_mask = hold_back_stop();
    if (status_fd >= 0) {
        fcntl(status_fd, F_SETFD, FD_CLOEXEC);
        send(status_fd, "S", 1, MSG_NOSIGNAL); // R1
    }
    // As the sandbox's own user: a kubelet creates the folder too, whoever the container runs as.
    if (folder && chdir(folder) < 0 && (make_folders(folder, 0755) < 0 || chdir(folder) < 0)) refuse(folder, errno);
    become_user(number(argv[0]), number(argv[1]), argv[2]);
    die_with_supervisor();
    refuse_system_calls();
    if (init) return stay(argv + 4, &given_mask);
    execute(argv + 4);
    return CANNOT_RUN_CODE;
}
