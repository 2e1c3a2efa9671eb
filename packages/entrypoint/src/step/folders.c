#define _GNU_SOURCE
#include "folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../both/beneath.h"
#include "../both/buffer.h"
#include "../both/file.h"
#include "../both/message.h"

static const char MESSAGE_PATH[] = "/tekton/termination";

static char *problem_of(const char *root, const char *path) {
    int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return text_format("%s: %s", root, strerror(errno));
    int found = open_beneath(folder, path, O_PATH | O_DIRECTORY, 0);
    int error = found < 0 ? errno : 0;
    if (found >= 0) close(found);
    close(folder);
    switch (error) {
    case 0: return NULL;
    case ENOENT: return text_format("subPath \"%s\" is not in %s", path, root);
    case ENOTDIR: return text_format("subPath \"%s\" in %s is not a folder", path, root);
    case EXDEV: return text_format("subPath \"%s\" leads out of %s", path, root);
    default: return text_format("subPath \"%s\" in %s: %s", path, root, strerror(error));
    }
}

int check_folders(char **argv) {
    if (!argv[0] || !argv[1]) die("usage: check-folders ROOT PATH…");
    for (size_t i = 1; argv[i]; i++) {
        char *problem = problem_of(argv[0], argv[i]);
        if (!problem) continue;
        make_parent_folders(MESSAGE_PATH, 0755);
        write_file_in_place(MESSAGE_PATH, problem, strlen(problem), 0644);
        die("%s", problem);
    }
    return 0;
}
