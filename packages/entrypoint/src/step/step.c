// The life of a step: credentials, wait, run, results, post.
//
//   T1. The next step's file is posted exactly once on every way out, as `<post_file>` or `<post_file>.err`; otherwise
//       the pod would wait for ever.
//   T2. The termination message is written before the next step's file: whoever sees the file may read the message.

#include "step.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../both/clock.h"
#include "../both/duration.h"
#include "../both/file.h"
#include "../both/message.h"
#include "../both/stop-signal.h"
#include "breakpoint.h"
#include "command.h"
#include "credentials.h"
#include "flags.h"
#include "interpreter.h"
#include "termination.h"
#include "variables.h"
#include "wait.h"
#include "when.h"

static const char RESULTS_FOLDER[] = "/tekton/results";
static const char ARTIFACTS_FOLDER[] = "/tekton/artifacts";
static const char DOWNWARD_FOLDER[] = "/tekton/downward";
static const char CANCEL_FILE[] = "/tekton/downward/cancel";

enum {
    SKIPPED_CODE = 1,
    FAILED_CODE = 1,
    USAGE_CODE = 2,
    CANCELLED_CODE = 9, // the number of SIGKILL, as Tekton exits
};

// How a step ended, as far as the steps behind it and the message are concerned.
struct ending {
    bool failed;           // those behind are skipped
    int code;              // ours
    const char *reason;    // NULL: none
    bool left_out;         // by its own guards: it has no results
    const char *exit_file; // content of the metadata folder's exitCode; NULL: not written
    char code_text[16];
};

static void post(const struct flags *flags, bool failed) {
    if (*flags->post_file == '\0') return;
    char *path = text_format("%s%s", flags->post_file, failed ? ".err" : "");
    if (make_parent_folders(path, 0777) < 0 || write_file_in_place(path, "", 0, 0666) < 0)
        say("%s: %s", path, strerror(errno));
    free(path);
}

static void write_exit_code(const struct flags *flags, const char *text) {
    if (*flags->step_metadata_dir == '\0') return;
    char *path = text_format("%s/exitCode", flags->step_metadata_dir);
    if (make_parent_folders(path, 0777) < 0 || write_file_in_place(path, text, strlen(text), 0666) < 0)
        say("%s: %s", path, strerror(errno));
    free(path);
}

static void make_metadata_folders(const struct flags *flags) {
    static const char *const NAMES[] = {"results", "artifacts"};
    if (*flags->step_metadata_dir == '\0') return;
    for (size_t i = 0; i < 2; i++) {
        char *path = text_format("%s/%s", flags->step_metadata_dir, NAMES[i]);
        if (make_folders(path, 0777) < 0) say("%s: %s", path, strerror(errno));
        chmod(path, 0777); // steps of one task may run as different users
        free(path);
    }
}

static void add_internal(struct message *message, const char *key, const char *value) {
    message_add(message, INTERNAL, key, value, strlen(value));
}

static void add_started_at(struct message *message) {
    char time[TIME_TEXT];
    format_time_ms(time, wall_ns());
    add_internal(message, "StartedAt", time);
}

// All files, one after another. False: this step does not run.
static bool wait_for_turn(const struct flags *flags, struct ending *ending) {
    char *list = text_copy(flags->wait_file), *rest = list, *path;
    while (!ending->failed && (path = strsep(&rest, ","))) {
        enum sight sight = THERE;
        if (*path == '\0') continue;
        if (await_file(path, flags->wait_file_content, &sight) < 0) {
            say("waiting for \"%s\": %s", path, strerror(errno));
            *ending = (struct ending){.failed = true, .code = FAILED_CODE};
        } else if (sight == FAILED_BEFORE) {
            say("Skipping step because a previous step failed");
            *ending = (struct ending){.failed = true, .code = SKIPPED_CODE, .reason = "Skipped"};
        }
    }
    free(list);
    return !ending->failed;
}

static void say_not_started(const char *entrypoint, int error) {
    char *interpreter = error == ENOENT ? missing_interpreter(entrypoint) : NULL;
    if (interpreter) say("Error executing command: the script's interpreter %s is not in the image", interpreter);
    else say("Error executing command: %s: %s", entrypoint, strerror(error));
    free(interpreter);
}

static struct ending ending_of(const struct flags *flags, struct outcome outcome, struct message *message) {
    struct ending ending = {.failed = true, .code = FAILED_CODE};
    switch (outcome.kind) {
    case NOT_STARTED: say_not_started(flags->entrypoint, outcome.error); break;
    case TIMED_OUT:
        say("context deadline exceeded");
        ending.reason = "TimeoutExceeded";
        break;
    case CANCELLED:
        say("Step was cancelled");
        ending = (struct ending){.failed = true, .code = CANCELLED_CODE, .reason = "Cancelled", .exit_file = "killed"};
        break;
    case EXITED:
        snprintf(ending.code_text, sizeof ending.code_text, "%d", outcome.code);
        ending.code = outcome.code;
        if (outcome.code == 0) {
            ending.failed = false;
            ending.exit_file = "0";
        } else if (strcmp(flags->on_error, "continue") == 0) {
            ending.failed = false;
            ending.code = 0;
            add_internal(message, "ExitCode", ending.code_text);
            ending.exit_file = "";
        }
    }
    return ending;
}

static struct ending run(const struct flags *flags, struct message *message) {
    struct command command = {.stdout_path = flags->stdout_path, .stderr_path = flags->stderr_path};
    if (flags->timeout && (parse_duration(flags->timeout, &command.timeout_ns) < 0 || command.timeout_ns < 0)) {
        say("Error executing command: timeout \"%s\" is not a positive duration", flags->timeout);
        return (struct ending){.failed = true, .code = FAILED_CODE};
    }
    bool allowed = true;
    char *problem = *flags->when_expressions ? guards_allow(flags->when_expressions, &allowed) : NULL;
    if (problem) {
        say("Error executing command: %s", problem);
        return (struct ending){.failed = true, .code = FAILED_CODE};
    }
    if (!allowed) {
        say("Step was skipped due to when expressions were evaluated to false.");
        return (struct ending){.reason = "Skipped", .left_out = true, .exit_file = "0"};
    }
    size_t count = 0;
    while (flags->arguments[count]) count++;
    char **argv = memory(count + 2, sizeof *argv);
    size_t first = 0;
    if (*flags->entrypoint) argv[first++] = text_copy(flags->entrypoint);
    memcpy(argv + first, flags->arguments, count * sizeof *argv);
    replace_in_environment();
    command.argv = replace_in_words(argv);
    if (!command.argv[0]) return (struct ending){.exit_file = "0"}; // nothing to run; Tekton takes that for success
    command.argv[0] = replace_in_script(command.argv[0], flags->step_metadata_dir);
    if (access(DOWNWARD_FOLDER, F_OK) == 0) command.cancel_file = CANCEL_FILE;
    return ending_of(flags, run_command(&command), message);
}

static char *read_all_results(const struct flags *flags, struct message *results) {
    char *problem = message_read_results(results, RESULTS_FOLDER, flags->results, TASK_RESULT);
    if (problem || *flags->step_results == '\0') return problem;
    char *folder = text_format("%s/results", flags->step_metadata_dir);
    problem = message_read_results(results, folder, flags->step_results, STEP_RESULT);
    free(folder);
    return problem;
}

static char *read_all_artifacts(const struct flags *flags, struct message *artifacts) {
    char *folder = text_format("%s/artifacts", flags->step_metadata_dir);
    char *problem = *flags->step_metadata_dir ? message_read_artifacts(artifacts, folder, STEP_ARTIFACTS) : NULL;
    free(folder);
    return problem ? problem : message_read_artifacts(artifacts, ARTIFACTS_FOLDER, TASK_ARTIFACTS);
}

static void fail_by(struct ending *ending, const char *what, const char *problem) {
    say("Error while handling %s: %s", what, problem);
    bool too_large = strstr(problem, "larger than") != NULL;
    *ending = (struct ending){.failed = true, .code = FAILED_CODE, .reason = too_large ? "TaskRunResultLargerThanAllowedLimit" : NULL};
}

static void add_all(struct message *into, const struct message *from) {
    for (size_t i = 0; i < from->count; i++) {
        const struct entry *entry = &from->entries[i];
        message_add(into, entry->type, entry->key, entry->value.data, entry->value.length);
    }
}

// Results stand before the internal entries, and artifacts behind them, as Tekton writes them.
static void finish(const struct flags *flags, struct ending *ending, const struct message *internal) {
    struct message message = {0}, artifacts = {0};
    char *problem = ending->left_out ? NULL : read_all_results(flags, &message);
    if (flags->keep_message) message_keep(&message, flags->termination_path);
    if (problem) {
        fail_by(ending, "results", problem);
        message = (struct message){0};
    }
    problem = ending->left_out ? NULL : read_all_artifacts(flags, &artifacts);
    if (problem) {
        fail_by(ending, "artifacts", problem);
        artifacts = (struct message){0};
    }
    add_all(&message, internal);
    if (ending->reason) add_internal(&message, "Reason", ending->reason);
    add_all(&message, &artifacts);
    if ((problem = message_write(&message, flags->termination_path))) {
        say("Error while writing message: %s", problem);
        struct message least = {0};
        add_started_at(&least);
        add_internal(&least, "Reason", "TaskRunResultLargerThanAllowedLimit");
        if (strstr(problem, "larger than")) message_write(&least, flags->termination_path);
        *ending = (struct ending){.failed = true, .code = FAILED_CODE};
    }
}

// What was decided replaces how the step ended; its message has been written as it was.
static void pause_on_failure(const struct flags *flags, struct ending *ending) {
    bool cancelled = ending->reason && strcmp(ending->reason, "Cancelled") == 0;
    if (!ending->failed || cancelled) return;
    int code = ending->code;
    if (await_decision(AFTER_FAILURE, flags->post_file, &code)) *ending = (struct ending){.exit_file = "0"};
    else ending->code = code;
}

int run_step(char **argv) {
    struct flags flags;
    struct credentials credentials = {0};
    struct message internal = {0};
    struct ending ending = {0};
    signal(SIGIO, SIG_IGN); // see awaited_open
    hold_back_stop();       // for the command, which is told of it as soon as it runs
    char *problem = parse_flags(&flags, argv);
    if (!problem) problem = make_credentials(&flags, &credentials);
    // In a home that steps share, what is laid out must be what the step before left: so only when it is our turn.
    bool shares_home = !problem && credentials.always;
    if (!problem && !shares_home) problem = lay_out_credentials(&flags, &credentials);
    if (problem) {
        say("%s", problem);
        post(&flags, true); // T1
        return USAGE_CODE;
    }
    make_metadata_folders(&flags);
    bool runs = wait_for_turn(&flags, &ending);
    if (runs && shares_home) lay_out_credentials(&flags, &credentials);
    credentials_free(&credentials);
    if (runs && flags.debug_before_step && !await_decision(BEFORE_STEP, flags.post_file, &ending.code)) {
        runs = false;
        ending = (struct ending){.failed = true, .code = FAILED_CODE};
    }
    add_started_at(&internal);
    if (runs) ending = run(&flags, &internal);
    finish(&flags, &ending, &internal); // T2
    if (runs && flags.breakpoint_on_failure) pause_on_failure(&flags, &ending);
    if (ending.exit_file) write_exit_code(&flags, *ending.exit_file ? ending.exit_file : ending.code_text);
    post(&flags, ending.failed); // T1
    return ending.code;
}
