#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../both/base64.h"
#include "../both/file.h"
#include "../both/message.h"

enum { SCRIPT_LIMIT = 64 * 1024 * 1024 };

int copy_self(char **argv) {
    if (!argv[0] || !argv[1]) die("usage: cp SRC DST");
    if (copy_file(argv[0], argv[1], 0755) < 0) die("copying %s to %s: %s", argv[0], argv[1], strerror(errno));
    return 0;
}

// Base64 in pieces -> an executable file: one argument of a process holds 128 KiB at most, a script may hold more.
static char **place_script(char **argv) {
    struct buffer script = {0};
    const char *path = argv[0];
    if (!path) die("usage: -script FILE BASE64…");
    char **piece = argv + 1;
    for (; *piece && strcmp(*piece, "-script") != 0; piece++)
        if (base64_decode(&script, *piece, strlen(*piece)) < 0) die("the script for %s is not base64", path);
    if (write_file_atomically(path, buffer_string(&script), script.length, 0755) < 0 || chmod(path, 0755) < 0)
        die("%s: %s", path, strerror(errno));
    return piece;
}

// /tekton/steps/<name> and /tekton/steps/<i> lead to the folder where step i leaves its exit code.
static void link_step(const char *name, unsigned i) {
    char *target = text_format("/tekton/run/%u/status", i);
    char *links[] = {text_format("/tekton/steps/%s", name), text_format("/tekton/steps/%u", i)};
    if (strchr(name, '/')) die("%s is not the name of a step", name);
    for (size_t j = 0; j < 2; j++) {
        if (symlink(target, links[j]) < 0 && errno != EEXIST) die("%s: %s", links[j], strerror(errno));
        free(links[j]);
    }
    free(target);
}

int step_init(char **argv) {
    for (unsigned i = 0; *argv && strcmp(*argv, "-script") != 0; argv++) link_step(*argv, i++);
    while (*argv) argv = place_script(argv + 1);
    return 0;
}

int init_pod(char **argv) {
    int result = copy_self(argv);
    return result == 0 ? step_init(argv + 2) : result;
}

int decode_script(char **argv) {
    struct buffer text = {0}, script = {0};
    struct stat found;
    if (!argv[0]) die("usage: decode-script FILE");
    if (stat(argv[0], &found) < 0 || read_file(argv[0], &text, SCRIPT_LIMIT) < 0) die("%s: %s", argv[0], strerror(errno));
    if (base64_decode(&script, buffer_string(&text), text.length) < 0) die("%s is not base64", argv[0]);
    if (write_file_atomically(argv[0], buffer_string(&script), script.length, 0600) < 0 || chmod(argv[0], found.st_mode & 07777) < 0)
        die("%s: %s", argv[0], strerror(errno));
    return 0;
}
