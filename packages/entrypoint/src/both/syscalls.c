// A container's root is the machine's root, as far as the kernel sees, where there is no user namespace. Capabilities keep
// it from most; what is left is refused here: the keyrings, which all containers of a user would share with each other
// and with the host, and doors into the kernel that a build has no use for.

#include "syscalls.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// <linux/filter.h>, <linux/seccomp.h> and <linux/audit.h>, which a C library without the kernel's headers does not have.
struct instruction {
    uint16_t code;
    uint8_t if_true, if_false;
    uint32_t value;
};
struct program {
    unsigned short length;
    struct instruction *instructions;
};
enum {
    LOAD = 0x20,           // BPF_LD | BPF_W | BPF_ABS
    JUMP_IF_EQUAL = 0x15,  // BPF_JMP | BPF_JEQ | BPF_K
    JUMP_IF_ABOVE = 0x35,  // BPF_JMP | BPF_JGE | BPF_K
    RETURN = 0x06,         // BPF_RET | BPF_K
    NUMBER = 0,            // offset of the call's number
    ARCHITECTURE = 4,      // and of the architecture it is made for
    FILTER_MODE = 2,       // SECCOMP_MODE_FILTER
    LIMIT = 64,
};
static const uint32_t ALLOW = 0x7fff0000, REFUSE = 0x00050000;

#if defined(__x86_64__)
static const uint32_t NATIVE = 0xc000003e, OTHER = 0x40000003; // AUDIT_ARCH_X86_64, AUDIT_ARCH_I386
static const uint32_t OTHER_CALLS[] = {286, 287, 288, 357, 336, 374, 342, 425, 426, 427};
#elif defined(__aarch64__)
static const uint32_t NATIVE = 0xc00000b7, OTHER = 0x40000028; // AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM
static const uint32_t OTHER_CALLS[] = {309, 310, 311, 386, 364, 388, 371, 425, 426, 427};
#else
#define UNKNOWN_ARCHITECTURE
#endif

// add_key, request_key, keyctl, bpf, perf_event_open, userfaultfd, open_by_handle_at, io_uring_*: in the other table too.
static const uint32_t CALLS[] = {SYS_add_key, SYS_request_key, SYS_keyctl, SYS_bpf, SYS_perf_event_open,
                                 SYS_userfaultfd, SYS_open_by_handle_at, 425, 426, 427};

#ifndef UNKNOWN_ARCHITECTURE
// Refuses each of the calls; allows the rest.
static size_t add_calls(struct instruction *at, const uint32_t *calls, size_t count) {
    size_t next = 0;
    at[next++] = (struct instruction){LOAD, 0, 0, NUMBER};
    for (size_t i = 0; i < count; i++) at[next++] = (struct instruction){JUMP_IF_EQUAL, (uint8_t)(count - i), 0, calls[i]};
    at[next++] = (struct instruction){RETURN, 0, 0, ALLOW};
    at[next++] = (struct instruction){RETURN, 0, 0, REFUSE | EPERM};
    return next;
}
#endif

void refuse_system_calls(void) {
#ifndef UNKNOWN_ARCHITECTURE
    enum { COUNT = sizeof CALLS / sizeof CALLS[0], NATIVE_LENGTH = COUNT + 5 };
    struct instruction filter[LIMIT];
    size_t next = 0;
    filter[next++] = (struct instruction){LOAD, 0, 0, ARCHITECTURE};
    filter[next++] = (struct instruction){JUMP_IF_EQUAL, 0, NATIVE_LENGTH, NATIVE};
    filter[next++] = (struct instruction){LOAD, 0, 0, NUMBER};
    // On x86, the same calls by other numbers (x32), which nobody uses.
    filter[next++] = (struct instruction){JUMP_IF_ABOVE, COUNT + 2, 0, 0x40000000};
    next += add_calls(filter + next, CALLS, COUNT);
    filter[next++] = (struct instruction){JUMP_IF_EQUAL, 1, 0, OTHER};
    filter[next++] = (struct instruction){RETURN, 0, 0, REFUSE | ENOSYS};
    next += add_calls(filter + next, OTHER_CALLS, sizeof OTHER_CALLS / sizeof OTHER_CALLS[0]);
    struct program program = {.length = (unsigned short)next, .instructions = filter};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, FILTER_MODE, &program);
#endif
}
