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

#ifdef __SANITIZE_ADDRESS__
// The programs live as long as their step or pod and leave the rest to the kernel.
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }
#endif
