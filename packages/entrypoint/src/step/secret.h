// What the makers of git's, ssh's and docker's credentials share.
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "../both/buffer.h"

enum { SECRET_LIMIT = 1024 * 1024 };

// A file of a home, with at most one folder before its name: `.gitconfig`, `.ssh/config`.
struct credential_file {
    char *name;
    struct buffer content;
};

// Files of credentials, in memory, and how they are laid out.
struct credentials {
    bool always;        // files are there even where nothing is in them, as Knative Build has them
    const char *folder; // where they will be: `.ssh/config` names its keys by their paths
    mode_t folder_mode;
    struct credential_file *files;
    size_t count;
};

// Each gives NULL, or a sentence about what is wrong; none ever has a secret's value in it.
char *read_secret(const char *secret, const char *key, struct buffer *into);
// "secret=url", as Tekton's flags have it; a URL may have `=` in it. The caller frees both.
char *split_pair(const char *pair, char **secret, char **url);

// Takes the content over.
void credentials_add(struct credentials *credentials, const char *name, struct buffer *content);
void credentials_free(struct credentials *credentials);
