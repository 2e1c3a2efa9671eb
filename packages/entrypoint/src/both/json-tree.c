#include "json-tree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

// json_skip has found the text right before anything is read here: what follows only takes it apart.

static const char *past_space(const char *at, const char *end) {
    while (at < end && strchr(" \t\r\n", *at) && *at) at++;
    return at;
}

static unsigned hex4(const char *at) {
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        value = value * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

static void add_utf8(struct buffer *into, uint32_t point) {
    char bytes[4];
    size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char FIRST[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length; i-- > 1; point >>= 6) bytes[i] = (char)(0x80 | (point & 0x3f));
    bytes[0] = (char)(FIRST[length] | point);
    buffer_add(into, bytes, length);
}

// `at` is behind a `\u`; answers where the text goes on. Half a pair becomes U+FFFD.
static const char *add_escaped_point(struct buffer *into, const char *at) {
    uint32_t point = hex4(at);
    at += 4;
    if (point >= 0xd800 && point < 0xdc00 && at[0] == '\\' && at[1] == 'u') {
        uint32_t low = hex4(at + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            add_utf8(into, 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00));
            return at + 6;
        }
    }
    add_utf8(into, point >= 0xd800 && point < 0xe000 ? 0xfffd : point);
    return at;
}

static void read_escaped(struct buffer *into, const char *start, const char *end) {
    static const char NAMES[] = "bfnrt", VALUES[] = "\b\f\n\r\t";
    for (const char *at = start + 1; at < end - 1;) {
        const char *plain = at;
        while (at < end - 1 && *at != '\\') at++;
        buffer_add(into, plain, (size_t)(at - plain));
        if (at >= end - 1) return;
        char c = at[1];
        at += 2;
        if (c == 'u') {
            at = add_escaped_point(into, at);
            continue;
        }
        const char *name = strchr(NAMES, c);
        buffer_add(into, name ? &VALUES[name - NAMES] : &c, 1);
    }
}

// Of a whole string with its quotes.
static void read_string(struct buffer *into, const char *start, const char *end) {
    read_escaped(into, start, end);
    buffer_string(into);
}

static void read_value(const char *start, const char *end, struct json *into);

static struct json *add_item(struct json *container) {
    if ((container->count & (container->count - 1)) == 0) { // at each power of two
        size_t capacity = container->count ? container->count * 2 : 1;
        struct json *items = realloc(container->items, capacity * sizeof *items);
        if (!items) abort();
        container->items = items;
    }
    struct json *item = &container->items[container->count++];
    *item = (struct json){0};
    return item;
}

static void read_items(const char *start, const char *end, struct json *into) {
    const char *at = past_space(start + 1, end);
    while (at < end - 1) {
        struct json *item = add_item(into);
        if (into->kind == JSON_OBJECT) {
            const char *key_end = json_skip(at, end);
            read_string(&item->key, at, key_end);
            at = past_space(past_space(key_end, end) + 1, end);
        }
        const char *value_end = json_skip(at, end);
        read_value(at, value_end, item);
        at = past_space(past_space(value_end, end) + 1, end); // past the comma, or the bracket
    }
}

static void read_value(const char *start, const char *end, struct json *into) {
    switch (*start) {
    case '"': into->kind = JSON_STRING; return read_string(&into->text, start, end);
    case '[': into->kind = JSON_ARRAY; return read_items(start, end, into);
    case '{': into->kind = JSON_OBJECT; return read_items(start, end, into);
    case 't': into->kind = JSON_TRUE; return;
    case 'f': into->kind = JSON_FALSE; return;
    case 'n': into->kind = JSON_NULL; return;
    default: into->kind = JSON_NUMBER; buffer_add(&into->text, start, (size_t)(end - start)); buffer_string(&into->text);
    }
}

bool json_parse(const char *text, size_t length, struct json *into) {
    const char *end = text + length;
    const char *start = past_space(text, end);
    const char *past = json_skip(start, end);
    if (!past || past_space(past, end) != end) return false;
    *into = (struct json){0};
    read_value(start, past, into);
    return true;
}

static bool key_is(const struct json *item, const char *key) {
    return item->key.length == strlen(key) && memcmp(item->key.data, key, item->key.length) == 0;
}

const struct json *json_member(const struct json *object, const char *key) {
    if (!object || object->kind != JSON_OBJECT) return NULL;
    for (size_t i = object->count; i-- > 0;)
        if (key_is(&object->items[i], key)) return &object->items[i];
    return NULL;
}

static int by_key(const void *a, const void *b) {
    const struct buffer *left = &((const struct json *)a)->key, *right = &((const struct json *)b)->key;
    size_t shorter = left->length < right->length ? left->length : right->length;
    int order = shorter ? memcmp(left->data, right->data, shorter) : 0;
    return order ? order : (left->length > right->length) - (left->length < right->length);
}

static void write_object(struct buffer *into, const struct json *value) {
    struct json *sorted = memory(value->count, sizeof *sorted);
    if (value->count) memcpy(sorted, value->items, value->count * sizeof *sorted);
    qsort(sorted, value->count, sizeof *sorted, by_key);
    buffer_text(into, "{");
    for (size_t i = 0; i < value->count; i++) {
        if (i > 0) buffer_text(into, ",");
        json_string(into, sorted[i].key.data, sorted[i].key.length);
        buffer_text(into, ":");
        json_write(into, &sorted[i]);
    }
    buffer_text(into, "}");
    free(sorted);
}

void json_write(struct buffer *into, const struct json *value) {
    switch (value->kind) {
    case JSON_NULL: return buffer_text(into, "null");
    case JSON_FALSE: return buffer_text(into, "false");
    case JSON_TRUE: return buffer_text(into, "true");
    case JSON_NUMBER: return buffer_add(into, value->text.data, value->text.length);
    case JSON_STRING: return json_string(into, value->text.data, value->text.length);
    case JSON_OBJECT: return write_object(into, value);
    case JSON_ARRAY:
        buffer_text(into, "[");
        for (size_t i = 0; i < value->count; i++) {
            if (i > 0) buffer_text(into, ",");
            json_write(into, &value->items[i]);
        }
        buffer_text(into, "]");
    }
}

void json_plain(struct buffer *into, const struct json *value) {
    if (value->kind == JSON_STRING) return buffer_add(into, value->text.data, value->text.length);
    json_write(into, value);
}
