#define _GNU_SOURCE
#include "outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../both/json-tree.h"
#include "honest-file.h"
#include "termination.h"

enum { INDEX_DIGITS = 9 };

static char *cut(const char *from, const char *to) { return text_format("%.*s", (int)(to - from), from); }

static bool has_prefix(const char **at, const char *end, const char *prefix) {
    size_t length = strlen(prefix);
    if ((size_t)(end - *at) < length || memcmp(*at, prefix, length) != 0) return false;
    *at += length;
    return true;
}

static const char *until_any(const char *at, const char *end, const char *stops) {
    while (at < end && (*at == '\0' || !strchr(stops, *at))) at++;
    return at;
}

// `[*]` or `[2]` up to the end.
static bool parse_index(const char *at, const char *end, struct output_reference *into) {
    if (end - at < 3 || end[-1] != ']' || end - at - 2 > INDEX_DIGITS) return false;
    if (end - at == 3 && at[1] == '*') {
        into->part = ALL_ITEMS;
        return true;
    }
    for (const char *digit = at + 1; digit < end - 1; digit++)
        if (*digit < '0' || *digit > '9') return false;
    into->part = ITEM;
    into->index = strtoul(at + 1, NULL, 10);
    return true;
}

static bool parse_result(const char *at, const char *end, struct output_reference *into) {
    const char *name_end = until_any(at, end, ".[");
    if (name_end == at) return false;
    into->of = RESULT;
    into->name = cut(at, name_end);
    if (name_end == end) return true;
    if (*name_end == '[') return parse_index(name_end, end, into);
    into->part = MEMBER;
    into->key = cut(name_end + 1, end);
    return name_end + 1 < end;
}

bool parse_output_reference(const char *text, size_t length, struct output_reference *into) {
    const char *at = text, *end = text + length;
    *into = (struct output_reference){0};
    if (!has_prefix(&at, end, "steps.")) return false;
    const char *dot = until_any(at, end, ".");
    if (dot == at || dot == end || memchr(at, '/', (size_t)(dot - at))) return false;
    into->step = cut(at, dot);
    at = dot + 1;
    if (has_prefix(&at, end, "results.")) return parse_result(at, end, into);
    into->of = has_prefix(&at, end, "inputs") ? INPUTS : OUTPUTS;
    if (into->of == OUTPUTS && !has_prefix(&at, end, "outputs")) return false;
    if (at == end) return true;
    if (*at != '.' || at + 1 == end || until_any(at + 1, end, ".$[") != end) return false;
    into->name = cut(at + 1, end);
    return true;
}

// The folder `name` in the metadata folder of a step. /tekton/steps/step-<name> is a link that the pod was prepared with,
// in a volume that no step may write; only where it leads to is the step's own.
static int open_metadata(const char *step, const char *name) {
    char target[64];
    char *link = text_format("/tekton/steps/step-%s", step);
    ssize_t length = readlink(link, target, sizeof target - 1);
    free(link);
    if (length < 0) return -1;
    target[length] = '\0';
    char *last = strrchr(target, '/'); // of /tekton/run/<i>/status
    if (!last) {
        errno = EINVAL;
        return -1;
    }
    *last = '\0';
    int run = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = run < 0 ? -1 : open_folder_in(run, last + 1); // P1
    int folder = status < 0 ? -1 : open_folder_in(status, name);
    int error = errno;
    if (run >= 0) close(run);
    if (status >= 0) close(status);
    errno = error;
    return folder;
}

static char *read_file_of(const char *step, const char *folder_name, const char *name, struct buffer *into) {
    int folder = open_metadata(step, folder_name);
    if (folder < 0) return text_format("step \"%s\" has left no %s: %s", step, folder_name, strerror(errno));
    char *problem = read_honest(folder, name, RESULTS_LIMIT, into);
    close(folder);
    if (!problem) return NULL;
    char *whole = text_format("step \"%s\": %s", step, problem);
    free(problem);
    return whole;
}

static char *part_of_array(const struct output_reference *reference, const struct json *value, struct output *into) {
    if (reference->part == ITEM) {
        if (reference->index >= value->count)
            return text_format("result \"%s\" of step \"%s\" has %zu items, and none at %lu", reference->name, reference->step, value->count, reference->index);
        json_plain(&into->text, &value->items[reference->index]);
        return NULL;
    }
    into->items = memory(value->count, sizeof *into->items);
    into->count = value->count;
    for (size_t i = 0; i < value->count; i++) json_plain(&into->items[i], &value->items[i]);
    json_write(&into->text, value);
    return NULL;
}

static char *read_result_of(const struct output_reference *reference, struct output *into) {
    struct buffer text = {0};
    char *problem = read_file_of(reference->step, "results", reference->name, &text);
    if (problem) return problem;
    if (reference->part == WHOLE) {
        into->text = text;
        return NULL;
    }
    struct json value;
    enum json_kind wanted = reference->part == MEMBER ? JSON_OBJECT : JSON_ARRAY;
    if (!json_parse(buffer_string(&text), text.length, &value) || value.kind != wanted)
        return text_format("result \"%s\" of step \"%s\" is no JSON %s", reference->name, reference->step, wanted == JSON_OBJECT ? "object" : "array");
    if (reference->part != MEMBER) return part_of_array(reference, &value, into);
    const struct json *member = json_member(&value, reference->key);
    if (!member) return text_format("result \"%s\" of step \"%s\" has no key \"%s\"", reference->name, reference->step, reference->key);
    json_plain(&into->text, member);
    return NULL;
}

static bool is_named(const struct json *artifact, const char *name) {
    const struct json *own = json_member(artifact, "name");
    return own && own->kind == JSON_STRING && own->text.length == strlen(name) && memcmp(own->text.data, name, own->text.length) == 0;
}

static char *read_artifacts_of(const struct output_reference *reference, struct output *into) {
    struct buffer text = {0};
    struct json document;
    char *problem = read_file_of(reference->step, "artifacts", "provenance.json", &text);
    if (problem) return problem;
    if (!json_parse(buffer_string(&text), text.length, &document)) return text_format("the artifacts of step \"%s\" are no JSON", reference->step);
    const struct json *list = json_member(&document, reference->of == INPUTS ? "inputs" : "outputs");
    size_t count = list && list->kind == JSON_ARRAY ? list->count : 0;
    for (size_t i = 0; i < count; i++) {
        if (reference->name && !is_named(&list->items[i], reference->name)) continue;
        const struct json *values = json_member(&list->items[i], "values");
        if (values) json_write(&into->text, values);
        else buffer_text(&into->text, "null");
        return NULL;
    }
    return text_format("step \"%s\" has no such artifact: %s", reference->step, reference->name ? reference->name : "none at all");
}

char *read_output(const struct output_reference *reference, struct output *into) {
    *into = (struct output){0};
    return reference->of == RESULT ? read_result_of(reference, into) : read_artifacts_of(reference, into);
}
