// The little JSON that is needed: strings out, and finding one's way through a text that somebody else wrote.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

// Appends a JSON string as Go's encoding/json does: <, > and & escaped too, invalid UTF-8 replaced by U+FFFD.
void json_string(struct buffer *into, const char *bytes, size_t length);

struct json_slice {
    const char *start;
    const char *end;
};

// Past the one value that starts at `at` (white space before it is skipped); NULL when there is none.
const char *json_skip(const char *at, const char *end);
// True when the text is one array and nothing else; `inside` is what stands between its brackets, trimmed.
bool json_is_array(const char *text, size_t length, struct json_slice *inside);

// Calls `visit` for each member of an object with the raw text of key (quotes included) and value. False: not an object.
bool json_members(struct json_slice object, void (*visit)(void *context, struct json_slice key, struct json_slice value),
                  void *context);
