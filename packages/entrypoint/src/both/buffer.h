// A growable run of bytes. Memory that cannot be had ends the program: nothing here could go on without it.
#pragma once
#include <stddef.h>

struct buffer {
    char *data;
    size_t length;
    size_t capacity;
};

void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The bytes with a NUL behind them that `length` does not count. Valid until the buffer changes.
char *buffer_string(struct buffer *buffer);
void buffer_clear(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

// strdup and friends that never return NULL.
char *text_copy(const char *text);
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *memory(size_t count, size_t size);
