// Credentials for git and docker from the secrets that the pod mounts, where the programs look for them. They are read
// from files and written to files; never on a command line, never in the log.
#pragma once
#include "flags.h"

// Writes /tekton/creds from /tekton/creds-secrets/<secret>/. NULL, or a sentence about what is wrong.
char *write_credentials(const struct flags *flags);
// Copies /tekton/creds to the home folder; what cannot be copied is only mentioned.
void copy_credentials_home(void);
