// Why a script could not be started: the kernel says "no such file" when it means the interpreter.
#pragma once

// The interpreter that the file names and that is not there; NULL: something else is wrong. The caller frees.
char *missing_interpreter(const char *path);
