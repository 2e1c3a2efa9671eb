// Times as text and as numbers.
#pragma once
#include <stdint.h>

// Nanoseconds since 1970, and since some start that never jumps.
int64_t wall_ns(void);
int64_t monotonic_ns(void);

enum { TIME_TEXT = 40 };
// RFC 3339 in UTC with three digits behind the point: what Tekton's entrypoint writes.
void format_time_ms(char text[TIME_TEXT], int64_t ns);
// RFC 3339 in UTC with nine digits behind the point: what container logs carry.
void format_time_ns(char text[TIME_TEXT], int64_t ns);
