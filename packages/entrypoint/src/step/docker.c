#include "docker.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../both/base64.h"
#include "../both/json.h"
#include "secret.h"

// Registry → login; a later one of the same name replaces an earlier, as in Tekton's order: cfg, config, basic.
struct auth {
    char *key; // raw JSON string
    char *value;
};
struct auths {
    struct auth *items;
    size_t count;
};

static char *slice_text(struct json_slice slice) { return text_format("%.*s", (int)(slice.end - slice.start), slice.start); }

static void auths_set(struct auths *auths, char *key, char *value) {
    for (size_t i = 0; i < auths->count; i++) {
        if (strcmp(auths->items[i].key, key) != 0) continue;
        free(auths->items[i].value);
        auths->items[i].value = value;
        free(key);
        return;
    }
    struct auth *items = realloc(auths->items, (auths->count + 1) * sizeof *items);
    if (!items) abort();
    auths->items = items;
    auths->items[auths->count++] = (struct auth){key, value};
}

static void take_auth(void *context, struct json_slice key, struct json_slice value) {
    auths_set(context, slice_text(key), slice_text(value));
}

static void take_auths_member(void *context, struct json_slice key, struct json_slice value) {
    if (key.end - key.start == 7 && strncmp(key.start, "\"auths\"", 7) == 0) json_members(value, take_auth, context);
}

static char *add_file(struct auths *auths, const char *secret, const char *key, bool below_auths) {
    struct buffer text = {0};
    char *problem = read_secret(secret, key, &text);
    if (!problem) {
        struct json_slice all = {buffer_string(&text), text.data + text.length};
        if (!json_members(all, below_auths ? take_auths_member : take_auth, auths))
            problem = text_format("%s of secret %s is not a JSON object", key, secret);
    }
    buffer_free(&text);
    return problem;
}

static char *add_basic(struct auths *auths, const char *pair) {
    char *secret, *url;
    struct buffer user = {0}, password = {0}, both = {0}, login = {0}, key = {0};
    char *problem = split_pair(pair, &secret, &url);
    if (!problem) problem = read_secret(secret, "username", &user);
    if (!problem) problem = read_secret(secret, "password", &password);
    if (problem) return problem;
    buffer_add(&both, user.data, user.length);
    buffer_text(&both, ":");
    buffer_add(&both, password.data, password.length);
    buffer_text(&login, "{\"username\":");
    json_string(&login, buffer_string(&user), user.length);
    buffer_text(&login, ",\"password\":");
    json_string(&login, buffer_string(&password), password.length);
    buffer_text(&login, ",\"auth\":\"");
    base64_encode(&login, both.data, both.length);
    buffer_text(&login, "\",\"email\":\"not@val.id\"}");
    json_string(&key, url, strlen(url));
    auths_set(auths, text_copy(buffer_string(&key)), text_copy(buffer_string(&login)));
    buffer_free(&user);
    buffer_free(&password);
    buffer_free(&both);
    buffer_free(&login);
    buffer_free(&key);
    free(secret);
    free(url);
    return NULL;
}

char *write_docker(const struct flags *flags) {
    struct auths auths = {0};
    char *problem = NULL;
    for (size_t i = 0; i < flags->docker_cfg.count && !problem; i++)
        problem = add_file(&auths, flags->docker_cfg.items[i], ".dockercfg", false);
    for (size_t i = 0; i < flags->docker_config.count && !problem; i++)
        problem = add_file(&auths, flags->docker_config.items[i], ".dockerconfigjson", true);
    for (size_t i = 0; i < flags->basic_docker.count && !problem; i++) problem = add_basic(&auths, flags->basic_docker.items[i]);
    if (problem || auths.count == 0) return problem;
    struct buffer text = {0};
    buffer_text(&text, "{\"auths\":{");
    for (size_t i = 0; i < auths.count; i++)
        buffer_format(&text, "%s%s:%s", i ? "," : "", auths.items[i].key, auths.items[i].value);
    buffer_text(&text, "}}");
    problem = write_credential(".docker/config.json", &text);
    buffer_free(&text);
    return problem;
}
