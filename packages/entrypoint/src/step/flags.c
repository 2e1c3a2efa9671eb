#include "flags.h"

#include <stdlib.h>
#include <string.h>

#include "../both/buffer.h"

void text_list_add(struct text_list *list, const char *item) {
    const char **items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (!items) abort();
    list->items = items;
    list->items[list->count++] = item;
}

enum flag_kind { TEXT, SWITCH, LIST, IGNORED, IGNORED_SWITCH, REFUSED_SWITCH };

struct flag {
    const char *name;
    enum flag_kind kind;
    size_t offset;
};

#define FIELD(field) offsetof(struct flags, field)

static const struct flag FLAGS[] = {
    {"entrypoint", TEXT, FIELD(entrypoint)},
    {"wait_file", TEXT, FIELD(wait_file)},
    {"wait_file_content", SWITCH, FIELD(wait_file_content)},
    {"post_file", TEXT, FIELD(post_file)},
    {"termination_path", TEXT, FIELD(termination_path)},
    {"results", TEXT, FIELD(results)},
    {"step_results", TEXT, FIELD(step_results)},
    {"timeout", TEXT, FIELD(timeout)},
    {"stdout_path", TEXT, FIELD(stdout_path)},
    {"stderr_path", TEXT, FIELD(stderr_path)},
    {"on_error", TEXT, FIELD(on_error)},
    {"step_metadata_dir", TEXT, FIELD(step_metadata_dir)},
    {"when_expressions", TEXT, FIELD(when_expressions)},
    {"basic-git", LIST, FIELD(basic_git)},
    {"ssh-git", LIST, FIELD(ssh_git)},
    {"git_instead_of", LIST, FIELD(git_instead_of)},
    {"credentials_layout", TEXT, FIELD(credentials_layout)},
    {"keep_message", SWITCH, FIELD(keep_message)},
    {"basic-docker", LIST, FIELD(basic_docker)},
    {"docker-config", LIST, FIELD(docker_config)},
    {"docker-cfg", LIST, FIELD(docker_cfg)},
    // Results always leave by the termination message and, where they do not fit, the log.
    {"result_from", IGNORED, 0},
    {"compress_termination_message", IGNORED_SWITCH, 0},
    {"breakpoint_on_failure", SWITCH, FIELD(breakpoint_on_failure)},
    {"debug_before_step", SWITCH, FIELD(debug_before_step)},
    {"enable_spire", REFUSED_SWITCH, 0},
};

static const struct flag *find(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof FLAGS / sizeof FLAGS[0]; i++)
        if (strlen(FLAGS[i].name) == length && strncmp(FLAGS[i].name, name, length) == 0) return &FLAGS[i];
    return NULL;
}

// Go's strconv.ParseBool.
static int parse_bool(const char *text) {
    static const char *const TRUE_WORDS[] = {"1", "t", "T", "true", "TRUE", "True"};
    static const char *const FALSE_WORDS[] = {"0", "f", "F", "false", "FALSE", "False"};
    for (size_t i = 0; i < 6; i++) {
        if (strcmp(text, TRUE_WORDS[i]) == 0) return 1;
        if (strcmp(text, FALSE_WORDS[i]) == 0) return 0;
    }
    return -1;
}

static char *set(struct flags *flags, const struct flag *flag, const char *value) {
    char *field = (char *)flags + flag->offset;
    int truth = value ? parse_bool(value) : 1;
    switch (flag->kind) {
    case TEXT: *(const char **)(void *)field = value; return NULL;
    case LIST: text_list_add((struct text_list *)(void *)field, value); return NULL;
    case IGNORED: return NULL;
    case SWITCH:
    case IGNORED_SWITCH:
    case REFUSED_SWITCH:
        if (truth < 0) return text_format("invalid boolean value \"%s\" for -%s", value, flag->name);
        if (flag->kind == SWITCH) *(bool *)field = truth;
        if (flag->kind == REFUSED_SWITCH && truth) return text_format("flag -%s is not supported", flag->name);
        return NULL;
    }
    return NULL;
}

char *parse_flags(struct flags *flags, char **argv) {
    *flags = (struct flags){.entrypoint = "", .wait_file = "", .post_file = "", .termination_path = "/tekton/termination",
                            .results = "", .step_results = "", .on_error = "", .step_metadata_dir = "",
                            .when_expressions = "", .credentials_layout = ""};
    char **at = argv + 1;
    for (; *at; at++) {
        const char *word = *at;
        if (word[0] != '-' || word[1] == '\0') break;
        if (strcmp(word, "--") == 0) {
            at++;
            break;
        }
        word += word[1] == '-' ? 2 : 1;
        size_t length = strcspn(word, "=");
        const struct flag *flag = find(word, length);
        if (!flag) return text_format("flag provided but not defined: -%.*s", (int)length, word);
        const char *value = word[length] == '=' ? word + length + 1 : NULL;
        bool is_switch = flag->kind == SWITCH || flag->kind == IGNORED_SWITCH || flag->kind == REFUSED_SWITCH;
        if (!value && !is_switch) {
            value = *++at;
            if (!value) return text_format("flag needs an argument: -%s", flag->name);
        }
        char *problem = set(flags, flag, value);
        if (problem) return problem;
    }
    flags->arguments = at;
    return NULL;
}
