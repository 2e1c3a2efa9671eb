#define _GNU_SOURCE
#include "variables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../both/file.h"
#include "../both/message.h"
#include "outputs.h"

extern char **environ;

static const char SCRIPTS_FOLDER[] = "/tekton/scripts/";
enum { SCRIPT_LIMIT = 64 * 1024 * 1024 };

// The next variable that is a step's output: the text from `$(` to `)`. NULL: none.
static const char *next_variable(const char *at, const char *end, struct output_reference *reference, const char **past) {
    while (at < end && (at = memmem(at, (size_t)(end - at), "$(steps.", 8))) {
        const char *close = memchr(at, ')', (size_t)(end - at));
        if (!close) return NULL;
        if (parse_output_reference(at + 2, (size_t)(close - at - 2), reference)) {
            *past = close + 1;
            return at;
        }
        at += 2;
    }
    return NULL;
}

static bool value_of(const struct output_reference *reference, struct output *into) {
    char *problem = read_output(reference, into);
    if (!problem) return true;
    say("Error while substituting step outputs: %s", problem);
    free(problem);
    return false;
}

static void replace(const char *text, size_t length, bool results_too, struct buffer *into) {
    const char *at = text, *end = text + length, *past;
    struct output_reference reference;
    struct output output;
    for (const char *found; (found = next_variable(at, end, &reference, &past)); at = past) {
        buffer_add(into, at, (size_t)(found - at));
        if ((results_too || reference.of != RESULT) && reference.part != ALL_ITEMS && value_of(&reference, &output))
            buffer_add(into, output.text.data, output.text.length);
        else
            buffer_add(into, found, (size_t)(past - found));
    }
    buffer_add(into, at, (size_t)(end - at));
}

void replace_variables(const char *text, size_t length, struct buffer *into) { replace(text, length, true, into); }

static char *replaced_text(const char *text) {
    struct buffer into = {0};
    replace_variables(text, strlen(text), &into);
    return buffer_string(&into);
}

static bool is_whole_array(const char *word, struct output_reference *reference) {
    const char *end = word + strlen(word), *past;
    return next_variable(word, end, reference, &past) == word && past == end && reference->part == ALL_ITEMS;
}

char **replace_in_words(char *const *words) {
    char **replaced = NULL;
    size_t count = 0;
    for (size_t i = 0;; i++) {
        struct output_reference reference;
        struct output output = {0};
        bool is_array = words[i] && is_whole_array(words[i], &reference) && value_of(&reference, &output);
        size_t added = is_array ? output.count : 1;
        replaced = realloc(replaced, (count + added + 1) * sizeof *replaced);
        if (!replaced) die("out of memory");
        if (!words[i]) break;
        for (size_t j = 0; j < output.count; j++) replaced[count++] = buffer_string(&output.items[j]);
        if (!is_array) replaced[count++] = replaced_text(words[i]);
    }
    replaced[count] = NULL;
    return replaced;
}

void replace_in_environment(void) {
    size_t count = 0;
    while (environ[count]) count++;
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(environ[i], '=');
        if (!equals || !strstr(equals, "$(steps.")) continue;
        char *name = text_format("%.*s", (int)(equals - environ[i]), environ[i]);
        char *value = replaced_text(equals + 1);
        if (strcmp(value, equals + 1) != 0) setenv(name, value, 1); // in its place: the list keeps its order
        free(name);
    }
}

char *replace_in_script(const char *path, const char *folder) {
    struct buffer text = {0}, into = {0};
    if (strncmp(path, SCRIPTS_FOLDER, sizeof SCRIPTS_FOLDER - 1) != 0 || *folder == '\0') return text_copy(path);
    if (read_file(path, &text, SCRIPT_LIMIT) < 0) return text_copy(path); // starting it says why
    replace(text.data, text.length, false, &into);
    bool changed = into.length != text.length || (text.length && memcmp(into.data, text.data, text.length) != 0);
    char *copy = changed ? text_format("%s/script", folder) : text_copy(path);
    // Nobody else may read it before it is there whole; who runs the step made it.
    if (changed && write_file_atomically(copy, into.data, into.length, 0700) < 0) say("%s: %s", copy, strerror(errno));
    buffer_free(&text);
    buffer_free(&into);
    return copy;
}
