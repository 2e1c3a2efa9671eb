// Patterns of `matches`, compiled elsewhere: a program of instructions, run over a text so that each character is looked
// at once.
#pragma once
#include <stdbool.h>

#include "../both/json-tree.h"
#include "cel-value.h"

bool cel_matches(struct cel_work *work, const struct json *program, const struct buffer *text, bool *into);
