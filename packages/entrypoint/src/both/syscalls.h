// System calls that have nothing to do in a container.
#pragma once

// For this process and all it becomes. Where the kernel has no filters, nothing changes.
void refuse_system_calls(void);
