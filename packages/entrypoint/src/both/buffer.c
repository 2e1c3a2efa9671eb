#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

static void reserve(struct buffer *buffer, size_t more) {
    size_t needed;
    if (__builtin_add_overflow(buffer->length, more, &needed) || __builtin_add_overflow(needed, 1, &needed))
        die("out of memory");
    if (needed <= buffer->capacity) return;
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    while (capacity < needed)
        if (__builtin_mul_overflow(capacity, 2, &capacity)) die("out of memory");
    char *data = realloc(buffer->data, capacity);
    if (!data) die("out of memory");
    buffer->data = data;
    buffer->capacity = capacity;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length) {
    reserve(buffer, length);
    if (length > 0) memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
}

void buffer_text(struct buffer *buffer, const char *text) { buffer_add(buffer, text, strlen(text)); }

static void format_into(struct buffer *buffer, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length < 0) die("a message could not be formatted");
    reserve(buffer, (size_t)length);
    vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
    buffer->length += (size_t)length;
    va_end(again);
}

void buffer_format(struct buffer *buffer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    format_into(buffer, format, arguments);
    va_end(arguments);
}

char *buffer_string(struct buffer *buffer) {
    reserve(buffer, 0);
    buffer->data[buffer->length] = '\0';
    return buffer->data;
}

void buffer_clear(struct buffer *buffer) { buffer->length = 0; }

void buffer_free(struct buffer *buffer) {
    free(buffer->data);
    *buffer = (struct buffer){0};
}

char *text_copy(const char *text) {
    char *copy = strdup(text);
    if (!copy) die("out of memory");
    return copy;
}

char *text_format(const char *format, ...) {
    struct buffer buffer = {0};
    va_list arguments;
    va_start(arguments, format);
    format_into(&buffer, format, arguments);
    va_end(arguments);
    return buffer_string(&buffer);
}

void *memory(size_t count, size_t size) {
    void *block = calloc(count ? count : 1, size);
    if (!block) die("out of memory");
    return block;
}
