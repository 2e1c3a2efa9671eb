// What other steps of the pod left: their results and artifacts, read at the moment a step begins.
//
//   P1. What a step left is hostile: no link is followed into the reader's own files, nothing is read without a bound.
#pragma once
#include <stdbool.h>

#include "../both/buffer.h"

// `steps.<step>.results.<result>`, `…[2]`, `…[*]`, `….key`; `steps.<step>.outputs.<artifact>`, `steps.<step>.inputs`, …
struct output_reference {
    char *step;
    enum { RESULT, INPUTS, OUTPUTS } of;
    char *name; // of the result or artifact; NULL: the first artifact
    enum { WHOLE, ALL_ITEMS, ITEM, MEMBER } part;
    unsigned long index;
    char *key;
};

struct output {
    struct buffer text;   // what stands for the variable inside text
    struct buffer *items; // of ALL_ITEMS
    size_t count;
};

// Reads `length` bytes between `$(` and `)`. False: no such reference.
bool parse_output_reference(const char *text, size_t length, struct output_reference *into);
// NULL, or why there is no such output.
char *read_output(const struct output_reference *reference, struct output *into);
