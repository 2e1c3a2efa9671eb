#define _GNU_SOURCE
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../both/clock.h"
#include "../both/file.h"

enum { CHUNK = 65536, ROUNDS = 16, TAIL = 4096 };

int log_open(struct log *log, const char *path, int stdout_fd, int stderr_fd) {
    *log = (struct log){.streams = {{.fd = stdout_fd, .name = "stdout"}, {.fd = stderr_fd, .name = "stderr"}}};
    log->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    return log->fd < 0 ? -1 : 0;
}

static void add_line(struct buffer *out, struct stream *stream, const char *rest, size_t length, char tag) {
    char time[TIME_TEXT];
    format_time_ns(time, stream->line_ns);
    buffer_format(out, "%s %s %c ", time, stream->name, tag);
    buffer_add(out, stream->line.data, stream->line.length);
    buffer_add(out, rest, length);
    buffer_text(out, "\n");
    buffer_clear(&stream->line);
}

// Splits into lines; keeps the unfinished rest for later (L2).
static void take(struct buffer *out, struct stream *stream, const char *bytes, size_t length, int64_t now_ns) {
    while (length > 0) {
        if (stream->line.length == 0) stream->line_ns = now_ns;
        size_t room = LINE_LIMIT - stream->line.length;
        size_t look = length < room ? length : room;
        const char *end = memchr(bytes, '\n', look);
        size_t used = end ? (size_t)(end - bytes) : look;
        if (end) {
            add_line(out, stream, bytes, used, 'F');
            used++;
        } else if (used == room && used < length && bytes[used] == '\n') {
            add_line(out, stream, bytes, used, 'F'); // exactly as long as a line may be
            used++;
        } else if (used == room && used < length) {
            add_line(out, stream, bytes, used, 'P');
        } else {
            buffer_add(&stream->line, bytes, used);
            if (stream->line.length == LINE_LIMIT) return; // whether more follows is not known yet
        }
        bytes += used;
        length -= used;
    }
}

static void write_out(struct log *log, struct buffer *out) {
    // A full disk loses lines, not the container.
    if (log->fd >= 0 && out->length > 0 && log->size < LOG_LIMIT) {
        write_all(log->fd, out->data, out->length);
        log->size += (int64_t)out->length;
        if (log->size >= LOG_LIMIT) {
            char time[TIME_TEXT];
            format_time_ns(time, wall_ns());
            dprintf(log->fd, "%s stderr F The log is full; what the container writes from here on is not kept.\n", time);
        }
    }
    buffer_clear(out);
}

void log_read(struct log *log, struct stream *stream, bool draining) {
    static char chunk[CHUNK];
    static struct buffer out;
    // A flood of one container must not keep the others waiting.
    for (int round = 0; stream->fd >= 0 && (draining || round < ROUNDS); round++) {
        ssize_t got = read(stream->fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN && !draining) break;
        if (got <= 0) {
            close(stream->fd);
            stream->fd = -1;
            if (stream->line.length > 0) add_line(&out, stream, "", 0, 'F');
            break;
        }
        take(&out, stream, chunk, (size_t)got, wall_ns());
        if (out.length > CHUNK) write_out(log, &out);
    }
    write_out(log, &out);
}

void log_close(struct log *log) {
    for (int i = 0; i < 2; i++) {
        log_read(log, &log->streams[i], true); // L1
        buffer_free(&log->streams[i].line);
    }
    if (log->fd >= 0) close(log->fd);
    log->fd = -1;
}

void log_last_line(const char *path, struct buffer *into) {
    char tail[TAIL];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return;
    if (lseek(fd, -TAIL, SEEK_END) < 0) lseek(fd, 0, SEEK_SET); // shorter than that
    ssize_t got = read(fd, tail, sizeof tail);
    close(fd);
    if (got <= 1) return;
    const char *end = tail + got - 1; // its line end
    const char *start = memrchr(tail, '\n', (size_t)(end - tail));
    const char *text = start ? start + 1 : tail;
    for (int field = 0; field < 3 && text; field++) {
        text = memchr(text, ' ', (size_t)(end - text));
        if (text) text++;
    }
    if (text) buffer_add(into, text, (size_t)(end - text));
}
