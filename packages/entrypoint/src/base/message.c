#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *program_name = "entrypoint";

static void print(const char *format, va_list arguments) {
    char text[2048]; // a longer message is cut; it must work without memory
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length < 0) return;
    dprintf(STDERR_FILENO, "%s: %s\n", program_name, text);
}

void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
}

void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
    exit(1);
}
