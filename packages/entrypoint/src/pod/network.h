// A network of the pod's own, with nothing in it but the loopback: its containers reach each other, and ports clash with
// no other pod's.
#pragma once

// Moves this process, and so all it starts. NULL, or a sentence about why not.
char *network_enter_own(void);
