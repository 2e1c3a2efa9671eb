// `.gitconfig` and `.git-credentials` from secrets of type basic-auth, and from addresses that are asked for elsewhere.
#pragma once
#include "flags.h"
#include "secret.h"

char *make_git(const struct flags *flags, struct credentials *into);
