// A supervisor that is started before there is a pod for it.
#pragma once

// Joins the control group that stands in `cgroup` ("-": none), then reads one line from stdin: the folder of its pod.
// Gives that, or NULL when nobody will want it any more.
char *wait_for_folder(const char *cgroup);
