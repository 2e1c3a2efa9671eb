#include "when.h"

#include <string.h>

#include "../both/json-tree.h"
#include "cel.h"
#include "variables.h"

static bool is_text(const struct json *value, const char *text) {
    return value && value->kind == JSON_STRING && value->text.length == strlen(text) && memcmp(value->text.data, text, value->text.length) == 0;
}

static bool same(const struct buffer *a, const struct buffer *b) {
    return a->length == b->length && (a->length == 0 || memcmp(a->data, b->data, a->length) == 0);
}

// One of `values` may be a whole array, so the list is replaced as the words of a command are.
static bool is_among(const struct buffer *input, const struct json *values) {
    size_t count = values && values->kind == JSON_ARRAY ? values->count : 0;
    char **words = memory(count + 1, sizeof *words);
    for (size_t i = 0; i < count; i++) words[i] = buffer_string(&values->items[i].text);
    for (char **word = replace_in_words(words); *word; word++) {
        struct buffer one = {.data = *word, .length = strlen(*word)};
        if (same(input, &one)) return true;
    }
    return false;
}

static char *guard_allows(const struct json *guard, bool *allow) {
    struct buffer input = {0};
    const struct json *tree = json_member(guard, "tree"); // of a CEL expression
    if (tree) return cel_evaluate(tree, allow);
    const struct json *given = json_member(guard, "input");
    const struct json *operation = json_member(guard, "operator");
    if (!is_text(operation, "in") && !is_text(operation, "notin")) return text_format("a when expression has no operator \"in\" or \"notin\"");
    if (given) replace_variables(given->text.data, given->text.length, &input);
    *allow = is_among(&input, json_member(guard, "values")) == is_text(operation, "in");
    buffer_free(&input);
    return NULL;
}

char *guards_allow(const char *json, bool *allow) {
    struct json guards;
    if (!json_parse(json, strlen(json), &guards) || guards.kind != JSON_ARRAY) return text_format("-when_expressions is no JSON list");
    *allow = true;
    for (size_t i = 0; i < guards.count && *allow; i++) {
        char *problem = guard_allows(&guards.items[i], allow);
        if (problem) return problem;
    }
    return NULL;
}
