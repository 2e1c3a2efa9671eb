#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../both/buffer.h"
#include "../both/file.h"
#include "../both/message.h"

enum { STATE_LIMIT = 16384 };

static void write_state(const char *path, struct buffer *text) {
    if (write_file_atomically(path, text->data, text->length, 0600) < 0) say("%s: %s", path, strerror(errno));
    buffer_free(text);
}

void state_running(const char *path, pid_t pid, int64_t started_ns) {
    struct buffer text = {0};
    buffer_format(&text, "running %ld %lld\n", (long)pid, (long long)started_ns);
    write_state(path, &text);
}

void state_terminated(const char *path, int code, int64_t started_ns, int64_t finished_ns, const char *reason, const char *message) {
    struct buffer text = {0};
    buffer_format(&text, "terminated %d %lld %lld %s %s\n", code, (long long)started_ns, (long long)finished_ns, reason, message);
    write_state(path, &text);
}

bool state_is_terminated(const char *path) {
    struct buffer text = {0};
    bool terminated = read_file(path, &text, STATE_LIMIT) == 0 && strncmp(buffer_string(&text), "terminated ", 11) == 0;
    buffer_free(&text);
    return terminated;
}

void touch_changed(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd >= 0) close(fd); // the close is what a watcher sees
}
