#define _GNU_SOURCE
#include "cel.h"

#include <stdlib.h>
#include <string.h>

#include "cel-pattern.h"
#include "cel-value.h"
#include "variables.h"

enum { WORK_LIMIT = 200 * 1000, DEPTH_LIMIT = 200 };

// The variables of loops, innermost first.
struct scope {
    const struct buffer *name;
    const struct cel_value *value;
    const struct scope *outer;
};

struct evaluation {
    struct cel_work work;
    unsigned depth;
};

static bool evaluate(struct evaluation *run, const struct json *node, const struct scope *scope, struct cel_value *into);

static bool is(const struct buffer *text, const char *word) {
    return text && text->length == strlen(word) && (text->length == 0 || memcmp(text->data, word, text->length) == 0);
}

static const struct buffer *text_member(const struct json *node, const char *key) {
    const struct json *member = json_member(node, key);
    return member && member->kind == JSON_STRING ? &member->text : NULL;
}

static const struct json *argument(const struct json *node, size_t i) {
    const struct json *args = json_member(node, "args");
    return args && args->kind == JSON_ARRAY && i < args->count ? &args->items[i] : NULL;
}

static size_t argument_count(const struct json *node) {
    const struct json *args = json_member(node, "args");
    return args && args->kind == JSON_ARRAY ? args->count : 0;
}

static bool fail(struct evaluation *run, const char *problem) { return cel_fail(&run->work, text_copy(problem)); }

static bool truth_of(struct evaluation *run, const struct json *node, const struct scope *scope, bool *into) {
    struct cel_value value;
    if (!evaluate(run, node, scope, &value)) return false;
    if (value.kind != CEL_BOOL) return fail(run, "no such overload");
    *into = value.truth;
    return true;
}

static struct cel_value of_truth(bool truth) { return (struct cel_value){.kind = CEL_BOOL, .truth = truth}; }

// Literals ------------------------------------------------------------------------------------------------------------

static bool number_literal(struct evaluation *run, const char *type, const struct json *node, struct cel_value *into) {
    const struct buffer *text = text_member(node, "value");
    if (!text) return fail(run, "a number has no value");
    struct cel_value literal = {.kind = CEL_STRING, .text = *text};
    return cel_convert(&run->work, type, &literal, into);
}

static bool string_literal(struct evaluation *run, const struct json *node, struct cel_value *into) {
    const struct buffer *text = text_member(node, "value");
    struct cel_value value = {.kind = CEL_STRING};
    if (text) replace_variables(text->data, text->length, &value.text);
    *into = value;
    return cel_spend(&run->work, value.text.length / 16);
}

static bool list_literal(struct evaluation *run, const struct json *node, const struct scope *scope, enum cel_kind kind, struct cel_value *into) {
    size_t count = argument_count(node);
    struct cel_value value = {.kind = kind, .count = count, .items = memory(count, sizeof *value.items)};
    for (size_t i = 0; i < count; i++) {
        if (!evaluate(run, argument(node, i), scope, &value.items[i])) return false;
        for (size_t j = 0; kind == CEL_MAP && i % 2 == 0 && j < i; j += 2)
            if (cel_same(&run->work, &value.items[i], &value.items[j])) return fail(run, "Failed with repeated key");
    }
    *into = value;
    return true;
}

static bool variable(const struct json *node, const struct scope *scope, struct cel_value *into) {
    const struct buffer *name = text_member(node, "name");
    for (; name && scope; scope = scope->outer) {
        if (scope->name->length != name->length || memcmp(scope->name->data, name->data, name->length) != 0) continue;
        *into = *scope->value;
        return true;
    }
    *into = (struct cel_value){.kind = CEL_TYPE};
    if (name) into->text = *name;
    return true;
}

// Lists and maps ------------------------------------------------------------------------------------------------------

static const struct cel_value *entry_of(struct evaluation *run, const struct cel_value *map, const struct cel_value *key) {
    for (size_t i = 0; i < map->count; i += 2)
        if (cel_same(&run->work, &map->items[i], key)) return &map->items[i + 1];
    return NULL;
}

static bool at_index(struct evaluation *run, const struct cel_value *of, const struct cel_value *at, struct cel_value *into) {
    const struct cel_value *found = NULL;
    if (of->kind == CEL_MAP) found = entry_of(run, of, at);
    else if (of->kind != CEL_LIST) return fail(run, "no such overload: _[_]");
    else if (at->kind == CEL_INT && at->integer >= 0 && (uint64_t)at->integer < of->count) found = &of->items[at->integer];
    if (!found) return fail(run, of->kind == CEL_MAP ? "no such key" : "index out of bounds");
    *into = *found;
    return true;
}

static bool field(struct evaluation *run, const struct json *node, const struct scope *scope, bool only_asked, struct cel_value *into) {
    struct cel_value of, key = {.kind = CEL_STRING};
    const struct buffer *name = text_member(node, "name");
    if (!evaluate(run, argument(node, 0), scope, &of)) return false;
    if (of.kind != CEL_MAP || !name) return fail(run, "no such overload: field selection");
    key.text = *name;
    if (!only_asked) return at_index(run, &of, &key, into);
    *into = of_truth(entry_of(run, &of, &key) != NULL);
    return true;
}

static bool contains(struct evaluation *run, const struct cel_value *item, const struct cel_value *in, struct cel_value *into) {
    if (in->kind != CEL_LIST && in->kind != CEL_MAP) return fail(run, "no such overload: in");
    bool found = in->kind == CEL_MAP && entry_of(run, in, item);
    for (size_t i = 0; in->kind == CEL_LIST && i < in->count && !found; i++) found = cel_same(&run->work, item, &in->items[i]);
    *into = of_truth(found);
    return !run->work.problem;
}

// Choices: an error counts only when nothing else decides --------------------------------------------------------------

struct choice {
    bool decisive; // the value that one operand is enough for
    bool decided;
    char *problem;
};

// True once it is decided.
static bool choose(struct evaluation *run, struct choice *choice, bool known, bool value) {
    if (known) return choice->decided = value == choice->decisive;
    if (run->work.left == 0) return false;
    if (!choice->problem) choice->problem = run->work.problem;
    run->work.problem = NULL;
    return false;
}

static bool chosen(struct evaluation *run, const struct choice *choice, struct cel_value *into) {
    *into = of_truth(choice->decided ? choice->decisive : !choice->decisive);
    if (choice->decided || !choice->problem) return !run->work.problem;
    return cel_fail(&run->work, choice->problem);
}

static bool either_or_both(struct evaluation *run, const struct json *node, const struct scope *scope, bool decisive, struct cel_value *into) {
    struct choice choice = {.decisive = decisive};
    for (size_t i = 0; i < 2; i++) {
        bool truth = false;
        bool known = truth_of(run, argument(node, i), scope, &truth);
        if (choose(run, &choice, known, truth)) break;
    }
    return chosen(run, &choice, into);
}

// Loops ---------------------------------------------------------------------------------------------------------------

static bool keep(struct evaluation *run, const struct json *result, const struct scope *inner, struct cel_value *into) {
    struct cel_value kept = *inner->value;
    if (result && !evaluate(run, result, inner, &kept)) return false;
    into->items[into->count++] = kept;
    return true;
}

static bool loop(struct evaluation *run, const struct json *node, const struct scope *scope, struct cel_value *into) {
    const struct buffer *kind = text_member(node, "name"), *name = text_member(node, "variable");
    struct cel_value range;
    if (!evaluate(run, argument(node, 0), scope, &range)) return false;
    if (!name || (range.kind != CEL_LIST && range.kind != CEL_MAP)) return fail(run, "no such overload: loop");
    size_t stride = range.kind == CEL_MAP ? 2 : 1, matching = 0;
    bool maps = is(kind, "map"), tests = !maps || argument_count(node) == 3;
    bool quantifies = is(kind, "all") || is(kind, "exists");
    const struct json *result = maps ? argument(node, tests ? 2 : 1) : NULL;
    struct choice choice = {.decisive = is(kind, "exists")};
    struct cel_value list = {.kind = CEL_LIST, .items = memory(range.count, sizeof *list.items)};
    for (size_t i = 0; i < range.count; i += stride) {
        struct scope inner = {name, &range.items[i], scope};
        bool truth = true;
        bool known = !tests || truth_of(run, argument(node, 1), &inner, &truth);
        if (quantifies) {
            if (choose(run, &choice, known, truth)) break;
            continue;
        }
        if (!known) return false;
        if (truth) matching++;
        if (truth && (maps || is(kind, "filter")) && !keep(run, result, &inner, &list)) return false;
    }
    if (quantifies) return chosen(run, &choice, into);
    *into = is(kind, "exists_one") ? of_truth(matching == 1) : list;
    return true;
}

// Calls ---------------------------------------------------------------------------------------------------------------

static int64_t length_of(const struct cel_value *value) {
    if (value->kind != CEL_STRING) return (int64_t)(value->kind == CEL_MAP ? value->count / 2 : value->count);
    int64_t length = 0;
    for (size_t i = 0; i < value->text.length; i++) length += ((unsigned char)value->text.data[i] & 0xc0) != 0x80;
    return length;
}

static bool call_with_one(struct evaluation *run, const struct buffer *name, const struct cel_value *a, struct cel_value *into) {
    if (is(name, "dyn")) return *into = *a, true;
    if (is(name, "size")) {
        if (a->kind != CEL_STRING && a->kind != CEL_LIST && a->kind != CEL_MAP) return fail(run, "no such overload: size");
        return *into = (struct cel_value){.kind = CEL_INT, .integer = length_of(a)}, true;
    }
    if (is(name, "type")) {
        *into = (struct cel_value){.kind = CEL_TYPE};
        return buffer_text(&into->text, cel_type_name(a->kind)), true;
    }
    if (is(name, "!")) return a->kind == CEL_BOOL ? (*into = of_truth(!a->truth), true) : fail(run, "no such overload: !_");
    if (is(name, "-")) {
        struct cel_value zero = {.kind = a->kind};
        if (a->kind == CEL_DOUBLE) return *into = (struct cel_value){.kind = CEL_DOUBLE, .number = -a->number}, true;
        return cel_compute(&run->work, '-', &zero, a, into);
    }
    static const char *const TYPES[] = {"int", "uint", "double", "string", "bool"};
    for (size_t i = 0; i < 5; i++)
        if (is(name, TYPES[i])) return cel_convert(&run->work, TYPES[i], a, into);
    return fail(run, "no such function");
}

static bool compare_texts(struct evaluation *run, const struct buffer *name, const struct cel_value *a, const struct cel_value *b, struct cel_value *into) {
    const struct buffer *text = &a->text, *part = &b->text;
    if (a->kind != CEL_STRING || b->kind != CEL_STRING) return fail(run, "no such overload");
    bool fits = part->length <= text->length;
    const char *data = text->data ? text->data : "";
    bool found = fits && (part->length == 0 || (is(name, "startsWith")  ? memcmp(data, part->data, part->length) == 0
                                                : is(name, "endsWith") ? memcmp(data + text->length - part->length, part->data, part->length) == 0
                                                                       : memmem(data, text->length, part->data, part->length) != NULL));
    *into = of_truth(found);
    return cel_spend(&run->work, text->length / 16);
}

static bool compare(struct evaluation *run, const struct buffer *name, const struct cel_value *a, const struct cel_value *b, struct cel_value *into) {
    int order = cel_order(a, b);
    bool is_nan = order == -2 && a->kind == CEL_DOUBLE && b->kind == CEL_DOUBLE;
    if (order == -2 && !is_nan) return fail(run, "no such overload: comparison");
    bool with_equal = name->length == 2;
    *into = of_truth(!is_nan && (name->data[0] == '<' ? order < with_equal : order > -with_equal));
    return true;
}

static bool call_with_two(struct evaluation *run, const struct buffer *name, const struct cel_value *a, const struct cel_value *b, struct cel_value *into) {
    if (is(name, "==") || is(name, "!=")) {
        *into = of_truth(cel_same(&run->work, a, b) == is(name, "=="));
        return !run->work.problem;
    }
    if (is(name, "in")) return contains(run, a, b, into);
    if (is(name, "[]")) return at_index(run, a, b, into);
    if (is(name, "startsWith") || is(name, "endsWith") || is(name, "contains")) return compare_texts(run, name, a, b, into);
    if (is(name, "<") || is(name, "<=") || is(name, ">") || is(name, ">=")) return compare(run, name, a, b, into);
    if (name->length == 1 && strchr("+-*/%", name->data[0])) return cel_compute(&run->work, name->data[0], a, b, into);
    return fail(run, "no such function");
}

static bool call(struct evaluation *run, const struct json *node, const struct scope *scope, struct cel_value *into) {
    const struct buffer *name = text_member(node, "name");
    struct cel_value a, b;
    bool truth = false;
    if (!name) return fail(run, "a call has no name");
    if (is(name, "&&") || is(name, "||")) return either_or_both(run, node, scope, is(name, "||"), into);
    if (is(name, "?:")) return truth_of(run, argument(node, 0), scope, &truth) && evaluate(run, argument(node, truth ? 1 : 2), scope, into);
    if (!evaluate(run, argument(node, 0), scope, &a)) return false;
    if (argument_count(node) == 1) return call_with_one(run, name, &a, into);
    return evaluate(run, argument(node, 1), scope, &b) && call_with_two(run, name, &a, &b, into);
}

static bool matches(struct evaluation *run, const struct json *node, const struct scope *scope, struct cel_value *into) {
    struct cel_value text;
    if (!evaluate(run, argument(node, 0), scope, &text)) return false;
    if (text.kind != CEL_STRING) return fail(run, "no such overload: matches");
    *into = of_truth(false);
    return cel_matches(&run->work, json_member(node, "program"), &text.text, &into->truth);
}

static bool evaluate_node(struct evaluation *run, const struct json *node, const struct scope *scope, struct cel_value *into) {
    const struct buffer *op = text_member(node, "op");
    const struct json *value = json_member(node, "value");
    if (is(op, "call")) return call(run, node, scope, into);
    if (is(op, "string")) return string_literal(run, node, into);
    if (is(op, "bool")) return *into = of_truth(value && value->kind == JSON_TRUE), true;
    if (is(op, "int") || is(op, "uint") || is(op, "double")) return number_literal(run, op->data, node, into);
    if (is(op, "null")) return *into = (struct cel_value){.kind = CEL_NULL}, true;
    if (is(op, "list")) return list_literal(run, node, scope, CEL_LIST, into);
    if (is(op, "map")) return list_literal(run, node, scope, CEL_MAP, into);
    if (is(op, "variable")) return variable(node, scope, into);
    if (is(op, "field") || is(op, "has")) return field(run, node, scope, is(op, "has"), into);
    if (is(op, "loop")) return loop(run, node, scope, into);
    if (is(op, "matches")) return matches(run, node, scope, into);
    if (is(op, "error")) return fail(run, value && value->kind == JSON_STRING ? value->text.data : "");
    return fail(run, "unknown node");
}

static bool evaluate(struct evaluation *run, const struct json *node, const struct scope *scope, struct cel_value *into) {
    if (!node || run->depth >= DEPTH_LIMIT) return fail(run, "the expression is no tree of the right depth");
    run->depth++;
    bool known = cel_spend(&run->work, 1) && evaluate_node(run, node, scope, into);
    run->depth--;
    return known;
}

char *cel_evaluate(const struct json *tree, bool *into) {
    struct evaluation run = {.work = {.left = WORK_LIMIT}};
    struct cel_value value;
    *into = false;
    if (!evaluate(&run, tree, NULL, &value)) return run.work.problem ? run.work.problem : text_copy("no value");
    if (value.kind != CEL_BOOL) return text_copy("the expression is not evaluated to a boolean");
    *into = value.truth;
    return NULL;
}
