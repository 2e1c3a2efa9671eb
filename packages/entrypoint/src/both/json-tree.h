// A JSON text as a tree, for texts that somebody else wrote: bounded in depth by the reader, in size by whoever read it.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_kind kind;
    struct buffer text; // of a string, decoded; of a number, as it is written; a NUL stands behind it
    struct json *items; // of an array or object
    size_t count;
    struct buffer key; // inside an object
};

// False when the text is not one JSON value and nothing else. The tree stays until the program ends.
bool json_parse(const char *text, size_t length, struct json *into);
// The member of an object, the last of that name; NULL when there is none, or it is no object.
const struct json *json_member(const struct json *object, const char *key);
// Appends the value as Go's encoding/json writes a map: no spaces, keys sorted.
void json_write(struct buffer *into, const struct json *value);
// Appends a string's own text, any other value as JSON.
void json_plain(struct buffer *into, const struct json *value);
