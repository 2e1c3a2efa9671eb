#include "cel-pattern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct set {
    bool *has;
    size_t *members;
    size_t count;
};

struct match {
    const struct json *program;
    uint32_t *points;
    size_t length;
    size_t *open; // stack of `follow`: no position is on it twice beyond its two callers
};

static long number_of(const struct json *value) { return value && value->kind == JSON_NUMBER ? strtol(value->text.data, NULL, 10) : -1; }

static bool is(const struct json *value, const char *text) {
    return value && value->kind == JSON_STRING && value->text.length == strlen(text) && memcmp(value->text.data, text, value->text.length) == 0;
}

static bool in_ranges(const struct json *ranges, uint32_t point) {
    for (size_t i = 0; ranges && i + 1 < ranges->count; i += 2)
        if ((long)point >= number_of(&ranges->items[i]) && (long)point <= number_of(&ranges->items[i + 1])) return true;
    return false;
}

static bool is_word(const struct match *match, size_t at) {
    if (at >= match->length) return false; // also before the first: the index wraps
    uint32_t c = match->points[at];
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= 'a' && c <= 'z');
}

static bool is_at(const struct match *match, const struct json *edge, size_t at) {
    if (is(edge, "start")) return at == 0;
    if (is(edge, "end")) return at == match->length;
    return (is_word(match, at - 1) != is_word(match, at)) == is(edge, "word");
}

// Adds every position that is reached without a character. True at the end of the program.
static bool follow(struct match *match, struct set *into, size_t from, size_t at) {
    size_t open = 0;
    match->open[open++] = from;
    while (open > 0) {
        size_t position = match->open[--open];
        if (position >= match->program->count || into->has[position]) continue;
        into->has[position] = true;
        into->members[into->count++] = position;
        const struct json *step = &match->program->items[position], *op = json_member(step, "op"), *to = json_member(step, "to");
        if (is(op, "match")) return true;
        for (size_t i = 0; to && i < to->count && i < 2; i++) match->open[open++] = (size_t)number_of(&to->items[i]);
        if (is(op, "at") && is_at(match, json_member(step, "edge"), at)) match->open[open++] = position + 1;
    }
    return false;
}

static void clear(struct set *set) {
    for (size_t i = 0; i < set->count; i++) set->has[set->members[i]] = false;
    set->count = 0;
}

// UTF-8 to code points; what is no UTF-8 is U+FFFD.
static uint32_t *points_of(const struct buffer *text, size_t *length) {
    uint32_t *points = memory(text->length, sizeof *points);
    const unsigned char *in = (const unsigned char *)text->data;
    *length = 0;
    for (size_t i = 0; i < text->length;) {
        unsigned char c = in[i++];
        unsigned more = c < 0x80 ? 0 : c >> 5 == 6 ? 1 : c >> 4 == 14 ? 2 : c >> 3 == 30 ? 3 : 9;
        uint32_t point = more == 0 ? c : c & (0x3fu >> more);
        if (more == 9 || i + more > text->length) point = 0xfffd, more = 0;
        for (; more > 0 && in[i] >> 6 == 2; more--) point = point << 6 | (in[i++] & 0x3f);
        points[(*length)++] = more > 0 ? 0xfffd : point;
    }
    return points;
}

bool cel_matches(struct cel_work *work, const struct json *program, const struct buffer *text, bool *into) {
    if (!program || program->kind != JSON_ARRAY) return cel_fail(work, text_copy("matches has no pattern"));
    size_t size = program->count;
    struct match match = {.program = program, .open = memory(3 * size + 3, sizeof(size_t))};
    struct set sets[2], *current = &sets[0], *next = &sets[1];
    for (int i = 0; i < 2; i++) sets[i] = (struct set){memory(size, sizeof(bool)), memory(size, sizeof(size_t)), 0};
    match.points = points_of(text, &match.length);
    *into = false;
    for (size_t at = 0; at <= match.length && !*into; at++) {
        if (!cel_spend(work, 1 + size / 16)) return false;
        *into = follow(&match, current, 0, at); // a match may begin at every character
        for (size_t i = 0; i < current->count && at < match.length && !*into; i++) {
            const struct json *step = &program->items[current->members[i]];
            if (is(json_member(step, "op"), "any") && in_ranges(json_member(step, "ranges"), match.points[at]))
                *into = follow(&match, next, current->members[i] + 1, at + 1);
        }
        clear(current);
        struct set *swapped = current;
        current = next, next = swapped;
    }
    return true;
}
