// Base64 as in RFC 4648, with the standard alphabet and padding.
#pragma once
#include <stddef.h>

#include "buffer.h"

void base64_encode(struct buffer *into, const void *bytes, size_t length);
// Skips line ends. -1 when the text is not base64.
int base64_decode(struct buffer *into, const char *text, size_t length);
