// The termination message: what a step leaves behind, as Tekton's JSON array of {key, value, type}.
#pragma once
#include <stddef.h>

#include "../both/buffer.h"

enum entry_type { TASK_RESULT = 1, INTERNAL = 3, STEP_RESULT = 4, STEP_ARTIFACTS = 5, TASK_ARTIFACTS = 6 };

struct entry {
    char *key;
    struct buffer value;
    enum entry_type type;
};

struct message {
    struct entry *entries;
    size_t count;
};

void message_add(struct message *message, enum entry_type type, const char *key, const char *value, size_t length);
// Adds one result per name of a comma-separated list, read from `<folder>/<name>`; one that does not exist is left out.
// NULL, or a sentence about the first file that is no honest result: only regular files of a bounded size are.
// Takes what the process has left at `path` as an entry of its own, `Message`: it is text, whatever it looks like.
void message_keep(struct message *message, const char *path);
char *message_read_results(struct message *message, const char *folder, const char *names, enum entry_type type);
// Adds `<folder>/provenance.json` under its path, where it is there. NULL, or why it is no honest file.
char *message_read_artifacts(struct message *message, const char *folder, enum entry_type type);

enum {
    // What a kubelet keeps of the file.
    MESSAGE_LIMIT = 4096,
    // Of all results of a step together; TaskRunResultLargerThanAllowedLimit beyond.
    RESULTS_LIMIT = 1536 * 1024,
};

// Writes the message behind what the process itself has left at `path`. Results that do not fit in MESSAGE_LIMIT are
// printed to stdout (README.md, "Results that do not fit"). NULL, or a sentence about what went wrong.
char *message_write(const struct message *message, const char *path);
