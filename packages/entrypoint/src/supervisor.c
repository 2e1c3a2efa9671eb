// The supervisor: one per pod of the process runtime. See README.md for the files it reads and writes.

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "both/message.h"
#include "pod/enter.h"
#include "pod/pod.h"
#include "pod/spare.h"

int main(int argc, char **argv) {
    program_name = "supervisor";
    if (argc == 3 && strcmp(argv[1], "wait") == 0) {
        char *folder = wait_for_folder(argv[2]);
        return folder ? run_pod(folder) : 0;
    }
    if (argc >= 5 && strcmp(argv[1], "enter") == 0) return enter_container(argv + 2);
    if (argc == 3 && strcmp(argv[1], "fifo") == 0) {
        if (mkfifo(argv[2], 0600) < 0 && errno != EEXIST) die("%s: %s", argv[2], strerror(errno));
        return 0;
    }
    die("usage: supervisor wait CGROUP | enter PID COMMAND... | fifo PATH");
}
