// Subcommands that prepare a pod from inside an image that has no tools of its own.
#pragma once

int copy_self(char **argv);      // cp SRC DST
int init_pod(char **argv);       // init SRC DST STEP...
int step_init(char **argv);      // step-init STEP...
int decode_script(char **argv);  // decode-script FILE
