#include "json.h"

#include <stdint.h>
#include <string.h>

enum { DEPTH_LIMIT = 200 };

// Length of the valid UTF-8 sequence at the start, 0 when it is none. Surrogates and overlong forms are invalid.
static size_t utf8_length(const unsigned char *at, size_t left) {
    unsigned char first = at[0];
    size_t length = first < 0x80 ? 1 : first >= 0xc2 && first <= 0xdf ? 2 : first >> 4 == 0xe ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
    if (length == 0 || length > left) return 0;
    for (size_t i = 1; i < length; i++)
        if (at[i] >> 6 != 2) return 0;
    if (first == 0xe0 && at[1] < 0xa0) return 0;
    if (first == 0xed && at[1] > 0x9f) return 0;
    if (first == 0xf0 && at[1] < 0x90) return 0;
    if (first == 0xf4 && at[1] > 0x8f) return 0;
    return length;
}

void json_string(struct buffer *into, const char *bytes, size_t length) {
    const unsigned char *in = (const unsigned char *)bytes;
    buffer_text(into, "\"");
    for (size_t i = 0; i < length;) {
        size_t step = utf8_length(in + i, length - i);
        if (step == 0) {
            buffer_text(into, "\\ufffd");
            i++;
            continue;
        }
        unsigned char c = in[i];
        if (step == 3 && c == 0xe2 && in[i + 1] == 0x80 && (in[i + 2] & 0xfe) == 0xa8)
            buffer_format(into, "\\u202%x", in[i + 2] & 0xf); // line ends to JavaScript
        else if (c == '"' || c == '\\')
            buffer_format(into, "\\%c", c);
        else if (c == '\n')
            buffer_text(into, "\\n");
        else if (c == '\r')
            buffer_text(into, "\\r");
        else if (c == '\t')
            buffer_text(into, "\\t");
        else if (c < 0x20 || c == '<' || c == '>' || c == '&')
            buffer_format(into, "\\u%04x", c);
        else
            buffer_add(into, in + i, step);
        i += step;
    }
    buffer_text(into, "\"");
}

static const char *skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
    return at;
}

static const char *skip_string(const char *at, const char *end) {
    for (at++; at < end; at++) {
        if ((unsigned char)*at < 0x20) return NULL;
        if (*at == '"') return at + 1;
        if (*at != '\\') continue;
        if (++at >= end || !strchr("\"\\/bfnrtu", *at)) return NULL;
        if (*at != 'u') continue;
        for (int i = 0; i < 4; i++)
            if (++at >= end || !strchr("0123456789abcdefABCDEF", *at) || *at == '\0') return NULL;
    }
    return NULL;
}

static const char *skip_digits(const char *at, const char *end) {
    const char *start = at;
    while (at < end && *at >= '0' && *at <= '9') at++;
    return at == start ? NULL : at;
}

static const char *skip_number(const char *at, const char *end) {
    if (*at == '-') at++;
    if (at < end && *at == '0')
        at++;
    else if (!(at = skip_digits(at, end)))
        return NULL;
    if (at < end && *at == '.' && !(at = skip_digits(at + 1, end))) return NULL;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-')) at++;
        at = skip_digits(at, end);
    }
    return at;
}

static const char *skip_word(const char *at, const char *end, const char *word) {
    size_t length = strlen(word);
    return (size_t)(end - at) >= length && memcmp(at, word, length) == 0 ? at + length : NULL;
}

static const char *skip_value(const char *at, const char *end, int depth);

static const char *skip_container(const char *at, const char *end, int depth) {
    char close = *at == '[' ? ']' : '}';
    at = skip_space(at + 1, end);
    if (at < end && *at == close) return at + 1;
    while (at < end) {
        if (close == '}') {
            if (*at != '"' || !(at = skip_string(at, end))) return NULL;
            at = skip_space(at, end);
            if (at >= end || *at != ':') return NULL;
            at++;
        }
        if (!(at = skip_value(at, end, depth + 1))) return NULL;
        at = skip_space(at, end);
        if (at < end && *at == close) return at + 1;
        if (at >= end || *at != ',') return NULL;
        at = skip_space(at + 1, end);
    }
    return NULL;
}

static const char *skip_value(const char *at, const char *end, int depth) {
    at = skip_space(at, end);
    if (at >= end || depth > DEPTH_LIMIT) return NULL;
    switch (*at) {
    case '"': return skip_string(at, end);
    case '[':
    case '{': return skip_container(at, end, depth);
    case 't': return skip_word(at, end, "true");
    case 'f': return skip_word(at, end, "false");
    case 'n': return skip_word(at, end, "null");
    default: return *at == '-' || (*at >= '0' && *at <= '9') ? skip_number(at, end) : NULL;
    }
}

const char *json_skip(const char *at, const char *end) { return skip_value(at, end, 0); }

bool json_is_array(const char *text, size_t length, struct json_slice *inside) {
    const char *end = text + length;
    const char *start = skip_space(text, end);
    if (start >= end || *start != '[') return false;
    const char *past = json_skip(start, end);
    if (!past || skip_space(past, end) != end) return false;
    const char *first = skip_space(start + 1, past - 1);
    const char *last = past - 1;
    while (last > first && strchr(" \t\r\n", last[-1])) last--;
    *inside = (struct json_slice){first, last};
    return true;
}

bool json_members(struct json_slice object, void (*visit)(void *, struct json_slice, struct json_slice), void *context) {
    const char *at = skip_space(object.start, object.end);
    const char *end = json_skip(at, object.end);
    if (!end || *at != '{') return false;
    for (at = skip_space(at + 1, end); *at == '"'; at = skip_space(at + 1, end)) {
        struct json_slice key = {at, skip_string(at, end)};
        struct json_slice value = {skip_space(skip_space(key.end, end) + 1, end), NULL};
        value.end = json_skip(value.start, end);
        visit(context, key, value);
        at = skip_space(value.end, end);
        if (*at != ',') break;
    }
    return true;
}
