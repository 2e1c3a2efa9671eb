#pragma once

// Ends every process below this one, which is a subreaper: what a sandbox that was killed at a bad moment has left behind.
void end_orphans(void);
