#define _GNU_SOURCE
#include "enter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../both/buffer.h"
#include "../both/file.h"
#include "../both/message.h"
#include "../both/syscalls.h"

enum { ANSWER_LIMIT = 4096, STATUS_LIMIT = 65536, GROUPS_LIMIT = 64, TIMEOUT_S = 30 };

// The environment of the container's first process, so that the command finds itself at home.
static char **read_environment(const char *pid, struct buffer *text) {
    char *path = text_format("/proc/%s/environ", pid);
    if (read_file(path, text, 16 * 1024 * 1024) < 0) die("%s: %s", path, strerror(errno));
    free(path);
    size_t count = 0, next = 0;
    const char *start = buffer_string(text);
    for (size_t i = 0; i < text->length; i++) count += start[i] == '\0';
    char **environment = memory(count + 2, sizeof *environment);
    for (size_t i = 0; i < text->length; i += strlen(text->data + i) + 1) environment[next++] = text->data + i;
    return environment;
}

enum { GET_OWNER = 0xb701 }; // NS_GET_USERNS of <linux/nsfs.h>

struct namespace {
    const char *name;
    int fd;
    ino_t own; // ours of that kind
};

static ino_t inode_of(int fd) {
    struct stat found;
    return fstat(fd, &found) == 0 ? found.st_ino : 0;
}

static struct namespace open_namespace(const char *pid, const char *name) {
    struct stat own = {0};
    struct namespace namespace = {.name = name};
    char *theirs = text_format("/proc/%s/ns/%s", pid, name), *ours = text_format("/proc/self/ns/%s", name);
    namespace.fd = open(theirs, O_RDONLY | O_CLOEXEC);
    if (namespace.fd < 0 || stat(ours, &own) < 0) die("%s: %s", theirs, strerror(errno));
    namespace.own = own.st_ino;
    free(theirs);
    free(ours);
    return namespace;
}

// `user` is kept at the user namespace that we are in.
static void enter_namespace(const struct namespace *namespace, ino_t *user) {
    if (inode_of(namespace->fd) == namespace->own) return;
    // An ordinary user may enter a namespace only from the user namespace that it belongs to: the pod's network belongs
    // to the supervisor's, the rest to one of the sandbox's.
    int owner = ioctl(namespace->fd, GET_OWNER);
    if (owner >= 0 && inode_of(owner) != *user) {
        if (setns(owner, 0) < 0) die("the owner of the container's %s namespace: %s", namespace->name, strerror(errno));
        *user = inode_of(owner);
    }
    if (owner >= 0) close(owner);
    if (setns(namespace->fd, 0) < 0) die("the container's %s namespace: %s", namespace->name, strerror(errno));
}

static void enter_namespaces(const char *pid, bool all) {
    // The outermost owner first, and the mounts last: with them goes our own /proc.
    static const char *const NAMES[] = {"net", "ipc", "uts", "pid", "mnt"};
    enum { COUNT = sizeof NAMES / sizeof NAMES[0], PID = 3 };
    struct namespace user = open_namespace(pid, "user"), others[COUNT];
    ino_t current = user.own;
    for (int i = 0; i < COUNT; i++) others[i] = open_namespace(pid, NAMES[i]);
    // Its number may be another process's by now; a command for a container must not run on the machine itself.
    if (all && inode_of(others[PID].fd) == others[PID].own) die("process %s is in no container", pid);
    for (int i = 0; i < (all ? COUNT : 1); i++) enter_namespace(&others[i], &current);
    if (all && inode_of(user.fd) != current && setns(user.fd, 0) < 0) die("the container's user namespace: %s", strerror(errno));
}

// What the first process's status has behind a name.
static const char *field_of(struct buffer *status, const char *name) {
    char *start = text_format("\n%s:\t", name);
    const char *found = strstr(buffer_string(status), start);
    if (!found) die("the container's first process does not show its %s", name);
    found += strlen(start);
    free(start);
    return found;
}

// <linux/capability.h>, which a C library without the kernel's headers does not have.
struct capability_header {
    uint32_t version;
    int pid;
};
struct capabilities {
    uint32_t effective, permitted, inheritable;
};
enum { CAPABILITY_VERSION = 0x20080522 };

static void keep_capabilities(uint64_t permitted) {
    struct capability_header header = {.version = CAPABILITY_VERSION};
    struct capabilities own[2] = {0};
    if (syscall(SYS_capget, &header, own) < 0) die("capabilities: %s", strerror(errno));
    for (int i = 0; i < 2; i++) {
        own[i].permitted &= (uint32_t)(permitted >> 32 * i);
        own[i].effective &= own[i].permitted;
        own[i].inheritable = 0;
    }
    if (syscall(SYS_capset, &header, own) < 0) die("capabilities: %s", strerror(errno));
}

// Whoever enters comes with all that the executor may. What runs inside is whom its first process is, and may no more.
static void become_container(void) {
    struct buffer status = {0};
    gid_t groups[GROUPS_LIMIT];
    size_t count = 0;
    if (read_file("/proc/1/status", &status, STATUS_LIMIT) < 0) die("the container's first process: %s", strerror(errno));
    uid_t uid = (uid_t)strtoul(field_of(&status, "Uid"), NULL, 10);
    gid_t gid = (gid_t)strtoul(field_of(&status, "Gid"), NULL, 10);
    const char *next = field_of(&status, "Groups");
    for (char *end; count < GROUPS_LIMIT && *next != '\n'; next = *end == ' ' ? end + 1 : end) {
        unsigned long group = strtoul(next, &end, 10);
        if (end == next) break;
        groups[count++] = (gid_t)group;
    }
    uint64_t permitted = strtoull(field_of(&status, "CapPrm"), NULL, 16);
    buffer_free(&status);
    // In a user namespace of one user there are no groups to set, and the namespace itself makes us who we are.
    if (setgroups(count, groups) < 0 && errno != EPERM) die("setgroups: %s", strerror(errno));
    if (getgid() != gid && setresgid(gid, gid, gid) < 0) die("setgid: %s", strerror(errno));
    if (getuid() != uid && setresuid(uid, uid, uid) < 0) die("setuid: %s", strerror(errno));
    keep_capabilities(permitted);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) // or root would have everything again with the command
        die("privileges: %s", strerror(errno));
    refuse_system_calls();
}

static int connect_to(const char *host, const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port))};
    struct timeval limit = {.tv_sec = TIMEOUT_S};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) die("%s is not an IPv4 address", host);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) die("%s:%s: %s", host, port, strerror(errno));
    return fd;
}

static int get(const char *host, const char *port, const char *path) {
    char answer[ANSWER_LIMIT] = {0};
    int fd = connect_to(host, port), status = 0;
    char *request = text_format("GET %s HTTP/1.1\r\nHost: %s:%s\r\nUser-Agent: kube-probe/1.32\r\nAccept: */*\r\nConnection: close\r\n\r\n", path, host, port);
    if (write_all(fd, request, strlen(request)) < 0) die("%s:%s: %s", host, port, strerror(errno));
    size_t length = 0;
    for (ssize_t got; length < sizeof answer - 1 && !strchr(answer, '\n'); length += (size_t)got)
        if ((got = read(fd, answer + length, sizeof answer - 1 - length)) <= 0) break;
    if (sscanf(answer, "HTTP/%*d.%*d %d", &status) != 1) die("%s:%s: not an answer of HTTP", host, port);
    if (status < 200 || status >= 400) die("HTTP probe failed with statuscode: %d", status);
    return 0;
}

int enter_container(char **argv) {
    const char *pid = argv[0], *what = argv[1];
    if (strcmp(what, "tcp") == 0 && argv[2] && argv[3]) {
        enter_namespaces(pid, false);
        close(connect_to(argv[2], argv[3]));
        return 0;
    }
    if (strcmp(what, "http") == 0 && argv[2] && argv[3] && argv[4]) {
        enter_namespaces(pid, false);
        return get(argv[2], argv[3], argv[4]);
    }
    if (strcmp(what, "exec") != 0 || !argv[2]) die("usage: supervisor enter PID exec COMMAND... | tcp HOST PORT | http HOST PORT PATH");
    struct buffer text = {0};
    char **environment = read_environment(pid, &text);
    enter_namespaces(pid, true);
    pid_t child = fork(); // a PID namespace holds for children only
    if (child == 0) {
        become_container();
        prctl(PR_SET_PDEATHSIG, SIGKILL); // not before: changing the user takes it away
        execvpe(argv[2], argv + 2, environment);
        die("%s: %s", argv[2], strerror(errno));
    }
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
