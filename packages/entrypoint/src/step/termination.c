#define _GNU_SOURCE
#include "termination.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../both/base64.h"
#include "../both/file.h"
#include "../both/json.h"
#include "../both/message.h"
#include "honest-file.h"

enum {
    // Base64 digits on one line: well below the 16 KiB at which container runtimes split lines, and whole groups.
    PART_LENGTH = 8000,
    // `,{"key":"ResultsInLog","value":"123456","type":3}`
    IN_LOG_ENTRY_LENGTH = 64,
    // Of the message that a step has written itself, as JSON.
    KEPT_LIMIT = 3600,
};

void message_add(struct message *message, enum entry_type type, const char *key, const char *value, size_t length) {
    struct entry *entries = realloc(message->entries, (message->count + 1) * sizeof *entries);
    if (!entries) abort();
    message->entries = entries;
    struct entry *entry = &entries[message->count++];
    *entry = (struct entry){.key = text_copy(key), .type = type};
    buffer_add(&entry->value, value, length);
}

char *message_read_results(struct message *message, const char *folder, const char *names, enum entry_type type) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return NULL; // no folder, no results
    char *list = text_copy(names), *rest = list, *name, *problem = NULL;
    while (!problem && (name = strsep(&rest, ","))) {
        struct stat found;
        if (*name == '\0' || (fstatat(fd, name, &found, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)) continue;
        struct buffer value = {0};
        problem = read_honest(fd, name, RESULTS_LIMIT, &value);
        if (!problem) message_add(message, type, name, buffer_string(&value), value.length);
        buffer_free(&value);
    }
    free(list);
    close(fd);
    return problem;
}

char *message_read_artifacts(struct message *message, const char *folder, enum entry_type type) {
    static const char NAME[] = "provenance.json";
    struct stat found;
    struct buffer value = {0};
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return NULL; // no folder, no artifacts
    char *problem = NULL;
    if (fstatat(fd, NAME, &found, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT) {
        problem = read_honest(fd, NAME, RESULTS_LIMIT, &value);
        char *path = text_format("%s/%s", folder, NAME);
        if (!problem) message_add(message, type, path, buffer_string(&value), value.length);
        free(path);
    }
    buffer_free(&value);
    close(fd);
    return problem;
}

static void entry_json(struct buffer *into, const struct entry *entry) {
    buffer_text(into, "{\"key\":");
    json_string(into, entry->key, strlen(entry->key));
    buffer_text(into, ",\"value\":");
    json_string(into, entry->value.data ? entry->value.data : "", entry->value.length);
    buffer_format(into, ",\"type\":%d}", entry->type);
}

// What the process has written to the file itself, when that is an array too: `{…},{…}`; otherwise empty.
static void read_existing(const char *path, struct buffer *into) {
    struct buffer text = {0};
    struct json_slice inside;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return;
    if (read_all(fd, &text, RESULTS_LIMIT) == 0 && text.length > 0 && json_is_array(text.data, text.length, &inside))
        buffer_add(into, inside.start, (size_t)(inside.end - inside.start));
    close(fd);
    buffer_free(&text);
}

// A kubelet keeps 4,096 bytes of the whole message: the text gives way to what stands beside it.
void message_keep(struct message *message, const char *path) {
    struct buffer text = {0}, json = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return;
    if (read_all(fd, &text, RESULTS_LIMIT) == 0 && text.length > 0) {
        if (text.length > KEPT_LIMIT) text.length = KEPT_LIMIT;
        for (;;) { // what is escaped takes more room
            buffer_clear(&json);
            json_string(&json, text.data, text.length);
            if (json.length <= KEPT_LIMIT + 2) break;
            text.length -= (json.length - KEPT_LIMIT + 5) / 6;
        }
        message_add(message, INTERNAL, "Message", text.data, text.length);
    }
    close(fd);
    if (truncate(path, 0) < 0) say("%s: %s", path, strerror(errno));
    buffer_free(&text);
    buffer_free(&json);
}

static bool is_result(const struct entry *entry) { return entry->type != INTERNAL; }

// Ends what the process printed without a line end, so that the first result has a line of its own.
static int end_line(void) { return write_all(STDOUT_FILENO, "\x1e\n", 2); }

static int print_in_parts(const struct entry *entry, unsigned index) {
    struct buffer json = {0}, text = {0}, line = {0};
    entry_json(&json, entry);
    base64_encode(&text, json.data, json.length);
    size_t parts = (text.length + PART_LENGTH - 1) / PART_LENGTH;
    int result = 0;
    for (size_t part = 0; part < parts && result == 0; part++) {
        size_t start = part * PART_LENGTH;
        size_t length = text.length - start < PART_LENGTH ? text.length - start : PART_LENGTH;
        buffer_clear(&line);
        buffer_format(&line, "\x1eslipway.result %u %zu/%zu ", index, part + 1, parts);
        buffer_add(&line, text.data + start, length);
        buffer_text(&line, "\n");
        result = write_all(STDOUT_FILENO, line.data, line.length);
    }
    buffer_free(&json);
    buffer_free(&text);
    buffer_free(&line);
    return result;
}

// The JSON of every entry, and which of them must go another way so that the rest fits: the largest first.
static unsigned choose_in_log(const struct message *message, const struct buffer *json, size_t existing, bool *in_log) {
    size_t total = 2 + existing + (existing ? 1 : 0);
    for (size_t i = 0; i < message->count; i++) total += json[i].length + 1;
    unsigned count = 0;
    while (total + (count ? IN_LOG_ENTRY_LENGTH : 0) > MESSAGE_LIMIT) {
        size_t largest = message->count;
        for (size_t i = 0; i < message->count; i++)
            if (is_result(&message->entries[i]) && !in_log[i] && (largest == message->count || json[i].length > json[largest].length))
                largest = i;
        if (largest == message->count) break;
        in_log[largest] = true;
        total -= json[largest].length + 1;
        count++;
    }
    return count;
}

char *message_write(const struct message *message, const char *path) {
    size_t size = 0;
    for (size_t i = 0; i < message->count; i++) size += message->entries[i].value.length;
    if (size > RESULTS_LIMIT) return text_format("the results are larger than %d bytes together", RESULTS_LIMIT);

    struct buffer existing = {0}, text = {0};
    read_existing(path, &existing);
    struct buffer *json = memory(message->count, sizeof *json);
    bool *in_log = memory(message->count, sizeof *in_log);
    for (size_t i = 0; i < message->count; i++) entry_json(&json[i], &message->entries[i]);
    unsigned count = choose_in_log(message, json, existing.length, in_log);

    char *problem = NULL;
    unsigned index = 0;
    const char *separator = "";
    buffer_text(&text, "[");
    if (existing.length > 0) {
        buffer_add(&text, existing.data, existing.length);
        separator = ",";
    }
    for (size_t i = 0; i < message->count && !problem; i++) {
        if (in_log[i]) {
            if ((index == 0 && end_line() < 0) || print_in_parts(&message->entries[i], index++) < 0) problem = text_format("stdout: %s", strerror(errno));
            continue;
        }
        buffer_text(&text, separator);
        buffer_add(&text, json[i].data, json[i].length);
        separator = ",";
    }
    if (count > 0) buffer_format(&text, "%s{\"key\":\"ResultsInLog\",\"value\":\"%u\",\"type\":%d}", separator, count, INTERNAL);
    buffer_text(&text, "]");
    if (!problem && text.length > MESSAGE_LIMIT)
        problem = text_format("Termination message is above max allowed size %d, caused by large task result.", MESSAGE_LIMIT);
    if (!problem) make_parent_folders(path, 0777); // an image need not have it
    if (!problem && write_file_in_place(path, text.data, text.length, 0666) < 0)
        problem = text_format("%s: %s", path, strerror(errno));
    for (size_t i = 0; i < message->count; i++) buffer_free(&json[i]);
    free(json);
    free(in_log);
    buffer_free(&existing);
    buffer_free(&text);
    return problem;
}
