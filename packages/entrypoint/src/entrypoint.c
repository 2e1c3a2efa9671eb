// The entrypoint: wraps a step's command inside any image, and prepares pods. See README.md for flags and files.

#include <stdlib.h>
#include <string.h>

#include "both/message.h"
#include "step/credentials.h"
#include "step/folders.h"
#include "step/image.h"
#include "step/run-as.h"
#include "step/step.h"

static const struct {
    const char *name;
    int (*run)(char **argv); // what stands behind the name, NULL at the end
} SUBCOMMANDS[] = {
    {"cp", copy_self},           {"init", init_pod}, {"step-init", step_init},
    {"decode-script", decode_script}, {"run-as", run_as},
    {"write-credentials", write_credentials}, {"check-folders", check_folders},
};

int main(int argc, char **argv) {
    if (argc < 2) die("usage: entrypoint [FLAGS] -entrypoint COMMAND -- ARGUMENTS");
    for (size_t i = 0; i < sizeof SUBCOMMANDS / sizeof SUBCOMMANDS[0]; i++)
        if (strcmp(argv[1], SUBCOMMANDS[i].name) == 0) return SUBCOMMANDS[i].run(argv + 2);
    return run_step(argv);
}
