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

// /tekton/steps/<name> and /tekton/steps/<i> lead to the folder where step i leaves its exit code.
int step_init(char **argv) {
    for (unsigned i = 0; argv[i]; i++) {
        char *target = text_format("/tekton/run/%u/status", i);
        char *links[] = {text_format("/tekton/steps/%s", argv[i]), text_format("/tekton/steps/%u", i)};
        if (strchr(argv[i], '/')) die("%s is not the name of a step", argv[i]);
        for (size_t j = 0; j < 2; j++) {
            if (symlink(target, links[j]) < 0 && errno != EEXIST) die("%s: %s", links[j], strerror(errno));
            free(links[j]);
        }
        free(target);
    }
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
