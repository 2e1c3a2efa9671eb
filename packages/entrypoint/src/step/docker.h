// `.docker/config.json` from secrets of types dockercfg, dockerconfigjson and basic-auth.
#pragma once
#include "flags.h"
#include "secret.h"

char *make_docker(const struct flags *flags, struct credentials *into);
