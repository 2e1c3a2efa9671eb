#define _GNU_SOURCE
#include "cel-value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool cel_fail(struct cel_work *work, char *problem) {
    if (!work->problem) work->problem = problem;
    return false;
}

bool cel_spend(struct cel_work *work, size_t amount) {
    if (amount > work->left) return cel_fail(work, text_copy("operation cancelled: actual cost limit exceeded"));
    work->left -= amount;
    return true;
}

const char *cel_type_name(enum cel_kind kind) {
    static const char *const NAMES[] = {"null_type", "bool", "int", "uint", "double", "string", "type", "list", "map"};
    return NAMES[kind];
}

static int bytes_order(const struct buffer *a, const struct buffer *b) {
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = shorter ? memcmp(a->data, b->data, shorter) : 0; // of UTF-8: by character
    if (order == 0) order = (a->length > b->length) - (a->length < b->length);
    return (order > 0) - (order < 0);
}

static bool same_items(struct cel_work *work, const struct cel_value *a, const struct cel_value *b) {
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (!cel_same(work, &a->items[i], &b->items[i])) return false;
    return true;
}

static bool same_entries(struct cel_work *work, const struct cel_value *a, const struct cel_value *b) {
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i += 2) {
        bool found = false;
        for (size_t j = 0; j < b->count && !found; j += 2)
            found = cel_same(work, &a->items[i], &b->items[j]) && cel_same(work, &a->items[i + 1], &b->items[j + 1]);
        if (!found) return false;
    }
    return true;
}

bool cel_same(struct cel_work *work, const struct cel_value *a, const struct cel_value *b) {
    if (!cel_spend(work, 1 + a->text.length / 16) || a->kind != b->kind) return false;
    switch (a->kind) {
    case CEL_NULL: return true;
    case CEL_LIST: return same_items(work, a, b);
    case CEL_MAP: return same_entries(work, a, b);
    case CEL_TYPE: return bytes_order(&a->text, &b->text) == 0;
    default: return cel_order(a, b) == 0;
    }
}

int cel_order(const struct cel_value *a, const struct cel_value *b) {
    if (a->kind != b->kind) return -2;
    switch (a->kind) {
    case CEL_BOOL: return (a->truth > b->truth) - (a->truth < b->truth);
    case CEL_INT: return (a->integer > b->integer) - (a->integer < b->integer);
    case CEL_UINT: return (a->natural > b->natural) - (a->natural < b->natural);
    case CEL_DOUBLE: return isnan(a->number) || isnan(b->number) ? -2 : (a->number > b->number) - (a->number < b->number);
    case CEL_STRING: return bytes_order(&a->text, &b->text);
    default: return -2;
    }
}

// Conversions ---------------------------------------------------------------------------------------------------------

static bool all_digits(const char *text) {
    if (*text == '\0') return false;
    return text[strspn(text, "0123456789")] == '\0';
}

static bool text_to_int(const char *text, int64_t *into) {
    if (!all_digits(text + (*text == '-' || *text == '+'))) return false;
    errno = 0;
    *into = strtoll(text, NULL, 10);
    return errno == 0;
}

static bool text_to_uint(const char *text, uint64_t *into) {
    if (!all_digits(text + (*text == '+'))) return false;
    errno = 0;
    *into = strtoull(text, NULL, 10);
    return errno == 0;
}

static bool text_to_double(const char *text, double *into) {
    if (*text == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0') return false;
    char *end;
    *into = strtod(text, &end);
    return *end == '\0';
}

static bool text_to_bool(const char *text, bool *into) {
    static const char *const WORDS[] = {"0", "f", "F", "FALSE", "false", "False", "1", "t", "T", "TRUE", "true", "True"};
    for (size_t i = 0; i < 12; i++)
        if (strcmp(text, WORDS[i]) == 0) return *into = i >= 6, true;
    return false;
}

static bool to_int(struct cel_value *from, int64_t *into) {
    switch (from->kind) {
    case CEL_INT: return *into = from->integer, true;
    case CEL_UINT: return *into = (int64_t)from->natural, from->natural <= INT64_MAX;
    case CEL_DOUBLE: return from->number > -0x1p63 && from->number < 0x1p63 && (*into = (int64_t)from->number, true);
    case CEL_STRING: return text_to_int(buffer_string(&from->text), into);
    default: return false;
    }
}

static bool to_uint(struct cel_value *from, uint64_t *into) {
    switch (from->kind) {
    case CEL_UINT: return *into = from->natural, true;
    case CEL_INT: return *into = (uint64_t)from->integer, from->integer >= 0;
    case CEL_DOUBLE: return from->number > -1 && from->number < 0x1p64 && (*into = (uint64_t)from->number, true);
    case CEL_STRING: return text_to_uint(buffer_string(&from->text), into);
    default: return false;
    }
}

static bool to_double(struct cel_value *from, double *into) {
    switch (from->kind) {
    case CEL_DOUBLE: return *into = from->number, true;
    case CEL_INT: return *into = (double)from->integer, true;
    case CEL_UINT: return *into = (double)from->natural, true;
    case CEL_STRING: return text_to_double(buffer_string(&from->text), into);
    default: return false;
    }
}

// The shortest digits that mean this number.
static void double_text(struct buffer *into, double number) {
    for (int digits = 1; digits <= 17; digits++) {
        char *text = text_format("%.*g", digits, number);
        bool exact = strtod(text, NULL) == number;
        if (exact || digits == 17) buffer_text(into, text);
        free(text);
        if (exact) return;
    }
}

static bool to_text(const struct cel_value *from, struct buffer *into) {
    switch (from->kind) {
    case CEL_BOOL: return buffer_text(into, from->truth ? "true" : "false"), true;
    case CEL_INT: return buffer_format(into, "%" PRId64, from->integer), true;
    case CEL_UINT: return buffer_format(into, "%" PRIu64, from->natural), true;
    case CEL_DOUBLE: return double_text(into, from->number), true;
    case CEL_STRING: return buffer_add(into, from->text.data, from->text.length), true;
    default: return false;
    }
}

bool cel_convert(struct cel_work *work, const char *type, const struct cel_value *from, struct cel_value *into) {
    struct cel_value copy = *from, result = {0};
    bool known = true;
    if (strcmp(type, "int") == 0) result.kind = CEL_INT, known = to_int(&copy, &result.integer);
    else if (strcmp(type, "uint") == 0) result.kind = CEL_UINT, known = to_uint(&copy, &result.natural);
    else if (strcmp(type, "double") == 0) result.kind = CEL_DOUBLE, known = to_double(&copy, &result.number);
    else if (strcmp(type, "string") == 0) result.kind = CEL_STRING, known = to_text(&copy, &result.text);
    else if (copy.kind == CEL_BOOL) result = copy;
    else result.kind = CEL_BOOL, known = copy.kind == CEL_STRING && text_to_bool(buffer_string(&copy.text), &result.truth);
    if (!known) return cel_fail(work, text_format("type conversion error from %s to %s", cel_type_name(from->kind), type));
    *into = result;
    return true;
}

// Arithmetic ----------------------------------------------------------------------------------------------------------

static bool compute_ints(struct cel_work *work, char sign, int64_t a, int64_t b, int64_t *into) {
    bool overflow = false;
    switch (sign) {
    case '+': overflow = __builtin_add_overflow(a, b, into); break;
    case '-': overflow = __builtin_sub_overflow(a, b, into); break;
    case '*': overflow = __builtin_mul_overflow(a, b, into); break;
    default:
        if (b == 0) return cel_fail(work, text_copy(sign == '%' ? "modulus by zero" : "division by zero"));
        overflow = a == INT64_MIN && b == -1;
        if (!overflow) *into = sign == '/' ? a / b : a % b;
    }
    return overflow ? cel_fail(work, text_copy("integer overflow")) : true;
}

static bool compute_uints(struct cel_work *work, char sign, uint64_t a, uint64_t b, uint64_t *into) {
    bool overflow = false;
    switch (sign) {
    case '+': overflow = __builtin_add_overflow(a, b, into); break;
    case '-': overflow = __builtin_sub_overflow(a, b, into); break;
    case '*': overflow = __builtin_mul_overflow(a, b, into); break;
    default:
        if (b == 0) return cel_fail(work, text_copy(sign == '%' ? "modulus by zero" : "division by zero"));
        *into = sign == '/' ? a / b : a % b;
    }
    return overflow ? cel_fail(work, text_copy("unsigned integer overflow")) : true;
}

static bool join(struct cel_work *work, const struct cel_value *a, const struct cel_value *b, struct cel_value *into) {
    if (!cel_spend(work, (a->text.length + b->text.length) / 16 + a->count + b->count)) return false;
    struct cel_value result = {.kind = a->kind, .count = a->count + b->count};
    buffer_add(&result.text, a->text.data, a->text.length);
    buffer_add(&result.text, b->text.data, b->text.length);
    result.items = memory(result.count, sizeof *result.items);
    if (a->count) memcpy(result.items, a->items, a->count * sizeof *a->items);
    if (b->count) memcpy(result.items + a->count, b->items, b->count * sizeof *b->items);
    *into = result;
    return true;
}

bool cel_compute(struct cel_work *work, char sign, const struct cel_value *a, const struct cel_value *b, struct cel_value *into) {
    struct cel_value result = {.kind = a->kind};
    bool done = false;
    if (a->kind == b->kind && a->kind == CEL_INT) done = compute_ints(work, sign, a->integer, b->integer, &result.integer);
    else if (a->kind == b->kind && a->kind == CEL_UINT) done = compute_uints(work, sign, a->natural, b->natural, &result.natural);
    else if (a->kind == b->kind && a->kind == CEL_DOUBLE && sign != '%') {
        double x = a->number, y = b->number;
        result.number = sign == '+' ? x + y : sign == '-' ? x - y : sign == '*' ? x * y : x / y;
        done = true;
    } else if (a->kind == b->kind && sign == '+' && (a->kind == CEL_STRING || a->kind == CEL_LIST)) return join(work, a, b, into);
    else return cel_fail(work, text_format("no such overload: %c", sign));
    if (done) *into = result;
    return done;
}
