// Guards in CEL, as trees: parsed and checked before the pod began, with results of earlier steps in their literals.
#pragma once
#include <stdbool.h>

#include "../both/json-tree.h"

// Evaluates a tree of packages/contracts/src/cel/node.ts. NULL, or why it says neither yes nor no.
char *cel_evaluate(const struct json *tree, bool *into);
