// What the writers of git's and docker's credentials share.
#pragma once
#include "../both/buffer.h"

enum { SECRET_LIMIT = 1024 * 1024 };

// Each gives NULL, or a sentence about what is wrong; none ever has a secret's value in it.
char *read_secret(const char *secret, const char *key, struct buffer *into);
char *write_credential(const char *name, const struct buffer *content);
// "secret=url", as Tekton's flags have it; the caller frees both.
char *split_pair(const char *pair, char **secret, char **url);
