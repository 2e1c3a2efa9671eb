#define _GNU_SOURCE
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../both/buffer.h"
#include "../both/file.h"

static int write_map(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    int result = write_all(fd, text, strlen(text));
    close(fd);
    return result;
}

// An ordinary user may have a network of its own only inside a user namespace of its own.
static int enter_user_namespace(uid_t uid, gid_t gid) {
    if (unshare(CLONE_NEWUSER) < 0) return -1;
    char *uid_map = text_format("0 %u 1", uid), *gid_map = text_format("0 %u 1", gid);
    if (write_map("/proc/self/uid_map", uid_map) < 0) return -1;
    if (write_map("/proc/self/setgroups", "deny") < 0 && errno != ENOENT) return -1;
    return write_map("/proc/self/gid_map", gid_map);
}

static int raise_loopback(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    struct ifreq request = {.ifr_name = "lo"};
    int result = ioctl(fd, SIOCGIFFLAGS, &request);
    request.ifr_flags |= IFF_UP | IFF_RUNNING;
    if (result == 0) result = ioctl(fd, SIOCSIFFLAGS, &request);
    close(fd);
    return result;
}

char *network_enter_own(void) {
    if (geteuid() != 0 && enter_user_namespace(geteuid(), getegid()) < 0) return text_format("a user namespace: %s", strerror(errno));
    if (unshare(CLONE_NEWNET) < 0) return text_format("a network namespace: %s", strerror(errno));
    return raise_loopback() < 0 ? text_format("the loopback of the pod: %s", strerror(errno)) : NULL;
}
