#define _GNU_SOURCE
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../both/buffer.h"
#include "../both/clock.h"
#include "../both/file.h"
#include "../both/message.h"
#include "wait.h"

static const char DEFAULT_PATH[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

enum {
    READ_END,
    WRITE_END,
    PIPE_BYTES = 65536, // all that fits into a pipe
};

// One stream of the process that is copied to a file on its way out.
struct tee {
    int from; // -1: not in use, or ended
    int to;   // our own stdout or stderr
    int copy; // -1 after a failed write; the stream itself goes on
};

static bool is_program(const char *path) {
    struct stat found;
    if (stat(path, &found) < 0) return false;
    errno = S_ISDIR(found.st_mode) ? EISDIR : EACCES;
    return S_ISREG(found.st_mode) && access(path, X_OK) == 0;
}

char *find_program(const char *name) {
    if (strchr(name, '/')) {
        if (is_program(name)) return text_copy(name);
        return NULL;
    }
    const char *path = getenv("PATH");
    if (!path) path = DEFAULT_PATH;
    int error = ENOENT;
    while (*name) {
        const char *colon = strchrnul(path, ':');
        char *candidate = colon == path ? text_format("./%s", name) : text_format("%.*s/%s", (int)(colon - path), path, name);
        if (is_program(candidate)) return candidate;
        if (errno == EACCES) error = EACCES;
        free(candidate);
        if (!*colon) break;
        path = colon + 1;
    }
    errno = error;
    return NULL;
}

static int tee_open(struct tee *tee, int pipe_ends[2], const char *path, int to) {
    *tee = (struct tee){.from = -1, .to = to, .copy = -1};
    if (!path) return 0;
    if (make_parent_folders(path, 0777) < 0) return -1;
    tee->copy = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (tee->copy < 0 || pipe2(pipe_ends, O_CLOEXEC) < 0) return -1;
    tee->from = pipe_ends[READ_END];
    fcntl(tee->from, F_SETPIPE_SZ, PIPE_BYTES); // where pages are large, it would be more
    return fcntl(tee->from, F_SETFL, O_NONBLOCK);
}

// Passes on what is there, once: a command that writes faster than it is read would keep us from all else. The stream ends
// when the process and all that inherited it have let go.
static void tee_pass(struct tee *tee) {
    char chunk[PIPE_BYTES];
    if (tee->from < 0) return;
    ssize_t got = read(tee->from, chunk, sizeof chunk);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) {
        close(tee->from);
        tee->from = -1;
        return;
    }
    write_all(tee->to, chunk, (size_t)got);
    if (tee->copy >= 0 && write_all(tee->copy, chunk, (size_t)got) < 0) {
        say("the copy of the output is incomplete: %s", strerror(errno));
        close(tee->copy);
        tee->copy = -1;
    }
}

static void tee_close(struct tee *tee) {
    if (tee->from >= 0) close(tee->from);
    if (tee->copy >= 0) close(tee->copy);
}

// In the child: becomes the program, or tells the parent why not.
static void become(const struct command *command, const char *program, const int pipes[2], int report) {
    sigset_t none;
    sigemptyset(&none); // not as we were started: SIGTERM may have been held back for us
    setpgid(0, 0);
    for (int i = 0; i < 2; i++)
        if (pipes[i] >= 0) dup2(pipes[i], i == 0 ? STDOUT_FILENO : STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGIO, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(program, command->argv);
    int error = errno;
    write_all(report, &error, sizeof error);
    _exit(127);
}

static int code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

// Reaps whoever ended (C2). True once the process itself has.
static bool reap(pid_t process, int *code) {
    int status;
    bool ended = false;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) != 0;) {
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) break;
        if (pid != process) continue;
        *code = code_of(status);
        ended = true;
    }
    return ended;
}

static void forward_signals(int signals, pid_t process) {
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {
        bool notice = info.ssi_signo == SIGIO && info.ssi_code != SI_USER; // of a change in a folder, for us
        if (info.ssi_signo != SIGCHLD && !notice) kill(-process, (int)info.ssi_signo); // C1
    }
}

static int poll_timeout_ms(int64_t deadline_ns, const struct awaited *cancel) {
    int timeout = cancel->path ? awaited_interval_ms(cancel) : -1;
    if (deadline_ns == 0) return timeout;
    int64_t left_ms = (deadline_ns - monotonic_ns() + 999999) / 1000000;
    if (left_ms < 0) left_ms = 0;
    if (left_ms > 3600000) left_ms = 3600000;
    return timeout >= 0 && timeout < left_ms ? timeout : (int)left_ms;
}

// Until the process has ended. A process that is to be killed is waited for all the same.
static struct outcome follow(pid_t process, const struct command *command, int signals, struct tee tees[2]) {
    struct outcome outcome = {.kind = EXITED};
    struct awaited cancel = {.path = command->cancel_file, .with_content = true, .request = -1, .watch = -1};
    int64_t deadline_ns = command->timeout_ns > 0 ? monotonic_ns() + command->timeout_ns : 0;
    if (cancel.path) awaited_open(&cancel);
    while (!reap(process, &outcome.code)) {
        enum sight sight = NOT_THERE;
        if (cancel.path && awaited_look(&cancel, &sight) == 0 && sight == THERE) outcome.kind = CANCELLED;
        if (outcome.kind == EXITED && deadline_ns && monotonic_ns() >= deadline_ns) outcome.kind = TIMED_OUT;
        if (outcome.kind != EXITED) {
            kill(-process, SIGKILL); // C3
            kill(process, SIGKILL);  // when it left its group
            deadline_ns = 0;
            awaited_close(&cancel);
            cancel.path = NULL;
        }
        struct pollfd ready[] = {{.fd = signals, .events = POLLIN},
                                 {.fd = cancel.watch, .events = POLLIN},
                                 {.fd = tees[0].from, .events = POLLIN},
                                 {.fd = tees[1].from, .events = POLLIN}};
        poll(ready, 4, poll_timeout_ms(deadline_ns, &cancel));
        forward_signals(signals, process);
        for (int i = 0; i < 2; i++) tee_pass(&tees[i]);
    }
    for (int i = 0; i < 2; i++) tee_pass(&tees[i]); // what it wrote last is still in the pipe
    if (cancel.watch < 0) awaited_close(&cancel);   // see await_file
    return outcome;
}

struct outcome run_command(const struct command *command) {
    struct outcome outcome = {.kind = NOT_STARTED};
    struct tee tees[2] = {{.from = -1, .copy = -1}, {.from = -1, .copy = -1}};
    int outs[2][2] = {{-1, -1}, {-1, -1}};
    int report[2] = {-1, -1};
    int signals = -1;
    sigset_t all, old_mask;
    sigfillset(&all);
    // Faults of our own must not wait in a descriptor.
    for (const int *fault = (const int[]){SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, 0}; *fault; fault++) sigdelset(&all, *fault);
    sigprocmask(SIG_BLOCK, &all, &old_mask);

    char *program = find_program(command->argv[0]);
    if (!program || tee_open(&tees[0], outs[0], command->stdout_path, STDOUT_FILENO) < 0 ||
        tee_open(&tees[1], outs[1], command->stderr_path, STDERR_FILENO) < 0 || pipe2(report, O_CLOEXEC) < 0 ||
        (signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK)) < 0) {
        outcome.error = errno;
    } else {
        pid_t process = fork();
        if (process == 0) become(command, program, (int[2]){outs[0][WRITE_END], outs[1][WRITE_END]}, report[WRITE_END]);
        outcome.error = errno;
        for (int i = 0; i < 2; i++)
            if (outs[i][WRITE_END] >= 0) close(outs[i][WRITE_END]);
        close(report[WRITE_END]);
        report[WRITE_END] = -1;
        if (process > 0) {
            setpgid(process, process); // both sides, so that no signal comes before the group is there
            ssize_t got;
            while ((got = read(report[READ_END], &outcome.error, sizeof outcome.error)) < 0 && errno == EINTR) {}
            struct outcome ended = follow(process, command, signals, tees);
            if (got == 0) outcome = ended;
        }
    }
    for (int i = 0; i < 2; i++) tee_close(&tees[i]);
    if (report[READ_END] >= 0) close(report[READ_END]);
    if (report[WRITE_END] >= 0) close(report[WRITE_END]);
    if (signals >= 0) close(signals);
    free(program);
    sigprocmask(SIG_SETMASK, &old_mask, NULL);
    return outcome;
}
