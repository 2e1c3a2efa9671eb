// Durations as Go writes them: "1h0m0s", "1.5s", "300ms".
#pragma once
#include <stdint.h>

// -1 when the text is not a duration; 0 otherwise.
int parse_duration(const char *text, int64_t *ns);
