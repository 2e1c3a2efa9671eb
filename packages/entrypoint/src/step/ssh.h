// `.ssh/config`, keys and known hosts from secrets of type ssh-auth.
#pragma once
#include "flags.h"
#include "secret.h"

char *make_ssh(const struct flags *flags, struct credentials *into);
