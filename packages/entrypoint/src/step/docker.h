// ~/.docker/config.json, put together from secrets.
#pragma once
#include "flags.h"

char *write_docker(const struct flags *flags);
