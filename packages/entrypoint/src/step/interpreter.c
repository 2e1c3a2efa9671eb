#include "interpreter.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../both/buffer.h"
#include "command.h"

enum { LINE_LIMIT = 256 }; // as the kernel reads

char *missing_interpreter(const char *path) {
    char line[LINE_LIMIT + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return NULL;
    ssize_t length = read(fd, line, LINE_LIMIT);
    close(fd);
    if (length < 3 || line[0] != '#' || line[1] != '!') return NULL;
    line[length] = '\0';
    line[strcspn(line, "\n")] = '\0';
    char *rest = line + 2 + strspn(line + 2, " \t"), *program = strsep(&rest, " \t");
    return *program && access(program, X_OK) < 0 ? text_copy(program) : NULL;
}
