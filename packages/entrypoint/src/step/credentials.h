// Credentials for git, ssh and docker from the secrets that the pod mounts, where the programs look for them. They are read
// from files and written to files; never on a command line, never in the log.
#pragma once
#include "flags.h"
#include "secret.h"

// Reads the secrets below /tekton/creds-secrets. NULL, or a sentence about what is wrong.
char *make_credentials(const struct flags *flags, struct credentials *into);
// Writes them where steps find them: in Tekton's layout to /tekton/creds and to the home folder, in Knative Build's to the home
// folder alone. What cannot be written at home is only mentioned.
char *lay_out_credentials(const struct flags *flags, const struct credentials *credentials);
// `write-credentials HOME [FLAGS]`: the same as a program of its own, for steps without an entrypoint.
int write_credentials(char **argv);
