// Limits of a container, where the machine lets us. The runtime has decided which folders and which values.
#pragma once
#include "plan.h"

void cgroups_create(const struct container_plan *plan);
// In the container's process, before anything else of it runs.
void cgroups_join(const struct container_plan *plan);
// True when the kernel killed a process of the container for want of memory.
bool cgroups_out_of_memory(const struct container_plan *plan);
void cgroups_remove(const struct container_plan *plan);
