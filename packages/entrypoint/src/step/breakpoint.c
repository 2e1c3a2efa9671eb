#include "breakpoint.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../both/buffer.h"
#include "../both/file.h"
#include "../both/message.h"

enum { DECISIONS_LIMIT = 4096, LOOK_AGAIN_MS = 100 };

// How many decisions this step has taken: each breakpoint takes a line of its own.
static unsigned taken;

static bool exists(const char *path, const char *suffix) {
    char *whole = text_format("%s%s", path, suffix);
    bool there = access(whole, F_OK) == 0;
    free(whole);
    return there;
}

// As Tekton's scripts leave it. False: not decided.
static bool decided_inside(enum breakpoint which, const char *post_file, bool *goes_on, int *code) {
    if (which == BEFORE_STEP) {
        *goes_on = exists(post_file, ".beforestepexit");
        return *goes_on || exists(post_file, ".beforestepexit.err");
    }
    struct buffer text = {0};
    char *path = text_format("%s.breakpointexit", post_file);
    bool there = read_file(path, &text, DECISIONS_LIMIT) == 0 && text.length > 0;
    if (there) *code = atoi(buffer_string(&text));
    if (there) *goes_on = *code == 0;
    buffer_free(&text);
    free(path);
    return there;
}

// The next line of what was decided outside. False: there is none yet.
static bool decided_outside(const char *path, bool *goes_on) {
    struct buffer text = {0};
    if (read_file(path, &text, DECISIONS_LIMIT) < 0) return false;
    char *rest = buffer_string(&text), *line = NULL;
    for (unsigned i = 0; i <= taken; i++)
        do line = strsep(&rest, "\n");
        while (line && *line == '\0');
    bool there = line && (strcmp(line, "continue") == 0 || strcmp(line, "fail-continue") == 0);
    if (there) *goes_on = *line == 'c';
    buffer_free(&text);
    return there;
}

// /tekton/run/<i>/out → <i>
static char *decisions_path(const char *post_file) {
    char *folder = folder_of(post_file);
    const char *slash = strrchr(folder, '/');
    char *path = text_format("/tekton/debug/decisions/%s", slash ? slash + 1 : folder);
    free(folder);
    return path;
}

bool await_decision(enum breakpoint which, const char *post_file, int *code) {
    char *outside = decisions_path(post_file);
    bool goes_on = false;
    say("%s, the step waits: `slipway debug continue` or `slipway debug fail-continue`, or the scripts in /tekton/debug/scripts",
        which == BEFORE_STEP ? "Breakpoint before the step" : "Breakpoint on failure");
    // People take seconds: looking now and then is soon enough.
    const struct timespec pause = {.tv_nsec = LOOK_AGAIN_MS * 1000000L};
    while (!decided_inside(which, post_file, &goes_on, code) && !decided_outside(outside, &goes_on)) nanosleep(&pause, NULL);
    taken++;
    free(outside);
    say("Breakpoint: %s", goes_on ? "continue" : "fail-continue");
    return goes_on;
}
