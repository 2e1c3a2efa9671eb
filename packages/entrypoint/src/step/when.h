// Guards of a step, evaluated as it begins: they may hold results of the steps before it.
#pragma once
#include <stdbool.h>

// Whether all guards of the JSON list `[{"input","operator","values"}, {"cel","tree"}]` let the step run. NULL, or why that cannot be told.
char *guards_allow(const char *json, bool *allow);
