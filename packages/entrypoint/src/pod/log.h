// A container's log: `<RFC 3339 with nanoseconds> stdout|stderr F|P <text>` a line, as container runtimes write it.
//
//   L1. Every byte that the container wrote, up to LOG_LIMIT, is in the file when its end is reported, in the order of
//       its stream.
//   L2. A line of more than LINE_LIMIT bytes comes in several, P on all but the last.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "../both/buffer.h"

enum { LINE_LIMIT = 16384 };
// Of one container; what it writes beyond that is read and forgotten, after one line that says so.
static const int64_t LOG_LIMIT = 1024 * 1024 * 1024;

struct stream {
    int fd; // -1: ended
    const char *name;
    struct buffer line; // what came since the last line end
    int64_t line_ns;    // when its first byte came
};

struct log {
    int fd; // -1: cannot be written
    int64_t size;
    struct stream streams[2];
};

int log_open(struct log *log, const char *path, int stdout_fd, int stderr_fd);
// Takes what is there. Once `draining`, what is there is all there will be.
void log_read(struct log *log, struct stream *stream, bool draining);
void log_close(struct log *log);
// Appends the text of the file's last line; nothing when there is none.
void log_last_line(const char *path, struct buffer *into);
