// What the programs say to a human: one line on stderr, which is the container's log.
#pragma once

// Name at the start of every line; set once by main.
extern const char *program_name;

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Says it and exits 1.
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
