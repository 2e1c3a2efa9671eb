// Variables that only other steps can give a value, `$(steps.…)`: replaced in what a step is started with, as it begins.
// A variable that nothing gives a value stays as it is, and its reason is said: the step may not need it.
#pragma once
#include <stdbool.h>

#include "../both/buffer.h"

// Appends the text with the variables replaced.
void replace_variables(const char *text, size_t length, struct buffer *into);
// A word of the command: one that is a whole array, `$(steps.s.results.r[*])`, becomes as many as that has items.
// NULL-terminated, to be freed by nobody: the program lives as long as its step.
char **replace_in_words(char *const *words);
void replace_in_environment(void);
// A script of the pod that has artifacts in it becomes a copy in `folder` with these replaced; otherwise the path itself.
char *replace_in_script(const char *path, const char *folder);
