// The supervisor: one per pod of the process runtime. See README.md for the files it reads and writes.

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/message.h"
#include "pod/enter.h"
#include "pod/pod.h"

int main(int argc, char **argv) {
    program_name = "supervisor";
    if (argc == 3 && strcmp(argv[1], "run") == 0) return run_pod(argv[2]);
    if (argc >= 5 && strcmp(argv[1], "enter") == 0) return enter_container(argv + 2);
    if (argc == 3 && strcmp(argv[1], "fifo") == 0) {
        if (mkfifo(argv[2], 0600) < 0 && errno != EEXIST) die("%s: %s", argv[2], strerror(errno));
        return 0;
    }
    die("usage: supervisor run FOLDER | enter PID COMMAND... | fifo PATH");
}
