#include "docker.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../both/base64.h"
#include "../both/json-tree.h"
#include "../both/json.h"

// Members of the file, each an object or a value; a later one of a name replaces an earlier: cfg, config, basic.
struct config {
    struct json auths;
    struct json others; // credHelpers, credsStore, …: each as a whole, but maps are put together by their keys
};

static bool key_is(const struct json *item, const char *key) {
    return item->key.length == strlen(key) && memcmp(item->key.data, key, item->key.length) == 0;
}

static struct json *find(struct json *object, const struct buffer *key) {
    for (size_t i = 0; i < object->count; i++)
        if (object->items[i].key.length == key->length && memcmp(object->items[i].key.data, key->data, key->length) == 0)
            return &object->items[i];
    return NULL;
}

// The tree is never freed (see json-tree.h): what is taken is shared.
static void put(struct json *object, const struct json *item) {
    struct json *same = find(object, &item->key);
    if (same) {
        *same = *item;
        return;
    }
    struct json *items = realloc(object->items, (object->count + 1) * sizeof *items);
    if (!items) abort();
    object->items = items;
    object->items[object->count++] = *item;
}

static void put_all(struct json *object, const struct json *from) {
    for (size_t i = 0; i < from->count; i++) put(object, &from->items[i]);
}

static void put_other(struct json *others, const struct json *item) {
    struct json *same = find(others, &item->key);
    if (!same || same->kind != JSON_OBJECT || item->kind != JSON_OBJECT) return put(others, item);
    struct json merged = {.kind = JSON_OBJECT, .key = item->key};
    put_all(&merged, same);
    put_all(&merged, item);
    *same = merged;
}

static char *add_file(struct config *config, const char *secret, const char *key, bool below_auths) {
    struct buffer text = {0};
    struct json all;
    char *problem = read_secret(secret, key, &text);
    if (!problem && (!json_parse(buffer_string(&text), text.length, &all) || all.kind != JSON_OBJECT))
        problem = text_format("%s of secret %s is not a JSON object", key, secret);
    if (!problem && !below_auths) put_all(&config->auths, &all);
    for (size_t i = 0; !problem && below_auths && i < all.count; i++) {
        if (!key_is(&all.items[i], "auths"))
            put_other(&config->others, &all.items[i]);
        else if (all.items[i].kind == JSON_OBJECT)
            put_all(&config->auths, &all.items[i]);
    }
    buffer_free(&text);
    return problem;
}

static struct json text_member(const char *key, const struct buffer *value) {
    struct json member = {.kind = JSON_STRING};
    buffer_text(&member.key, key);
    buffer_add(&member.text, value->data, value->length);
    return member;
}

static char *add_basic(struct config *config, const char *pair) {
    char *secret, *url;
    struct buffer user = {0}, password = {0}, both = {0}, auth = {0}, email = {0};
    struct json login = {.kind = JSON_OBJECT};
    char *problem = split_pair(pair, &secret, &url);
    if (!problem) problem = read_secret(secret, "username", &user);
    if (!problem) problem = read_secret(secret, "password", &password);
    if (!problem) {
        buffer_add(&both, user.data, user.length);
        buffer_text(&both, ":");
        buffer_add(&both, password.data, password.length);
        base64_encode(&auth, both.data, both.length);
        buffer_text(&email, "not@val.id");
        struct json members[] = {text_member("username", &user), text_member("password", &password), text_member("auth", &auth),
                                 text_member("email", &email)};
        for (size_t i = 0; i < 4; i++) put(&login, &members[i]);
        buffer_text(&login.key, url);
        put(&config->auths, &login);
    }
    buffer_free(&user);
    buffer_free(&password);
    buffer_free(&both);
    buffer_free(&auth);
    buffer_free(&email);
    free(secret);
    free(url);
    return problem;
}

// Go's encoding/json writes a struct's fields in their order, and a map sorted; what it would not know stands behind.
static void write_login(struct buffer *into, const struct json *login) {
    static const char *const FIRST[] = {"username", "password", "auth", "email"};
    if (login->kind != JSON_OBJECT) return json_write(into, login);
    struct json rest = {.kind = JSON_OBJECT};
    const char *separator = "{";
    for (size_t i = 0; i < sizeof FIRST / sizeof FIRST[0]; i++) {
        const struct json *member = json_member(login, FIRST[i]);
        if (!member) continue;
        buffer_format(into, "%s\"%s\":", separator, FIRST[i]);
        json_write(into, member);
        separator = ",";
    }
    for (size_t i = 0; i < login->count; i++) {
        bool is_first = false;
        for (size_t j = 0; j < sizeof FIRST / sizeof FIRST[0]; j++) is_first = is_first || key_is(&login->items[i], FIRST[j]);
        if (!is_first) put(&rest, &login->items[i]);
    }
    if (*separator == '{') return json_write(into, &rest);
    struct buffer text = {0};
    json_write(&text, &rest);
    if (rest.count > 0) buffer_format(into, ",%.*s", (int)text.length - 2, text.data + 1);
    buffer_text(into, "}");
    buffer_free(&text);
}

static int by_key(const void *a, const void *b) {
    const struct buffer *left = &((const struct json *)a)->key, *right = &((const struct json *)b)->key;
    size_t shorter = left->length < right->length ? left->length : right->length;
    int order = shorter ? memcmp(left->data, right->data, shorter) : 0;
    return order ? order : (left->length > right->length) - (left->length < right->length);
}

char *make_docker(const struct flags *flags, struct credentials *into) {
    struct config config = {.auths = {.kind = JSON_OBJECT}, .others = {.kind = JSON_OBJECT}};
    char *problem = NULL;
    for (size_t i = 0; i < flags->docker_cfg.count && !problem; i++)
        problem = add_file(&config, flags->docker_cfg.items[i], ".dockercfg", false);
    for (size_t i = 0; i < flags->docker_config.count && !problem; i++)
        problem = add_file(&config, flags->docker_config.items[i], ".dockerconfigjson", true);
    for (size_t i = 0; i < flags->basic_docker.count && !problem; i++) problem = add_basic(&config, flags->basic_docker.items[i]);
    if (problem || (config.auths.count == 0 && config.others.count == 0 && !into->always)) return problem;
    struct buffer text = {0};
    if (config.auths.count > 0) qsort(config.auths.items, config.auths.count, sizeof *config.auths.items, by_key);
    buffer_text(&text, "{\"auths\":{");
    for (size_t i = 0; i < config.auths.count; i++) {
        if (i > 0) buffer_text(&text, ",");
        json_string(&text, config.auths.items[i].key.data, config.auths.items[i].key.length);
        buffer_text(&text, ":");
        write_login(&text, &config.auths.items[i]);
    }
    buffer_text(&text, "}");
    struct buffer others = {0};
    json_write(&others, &config.others);
    if (config.others.count > 0) buffer_format(&text, ",%.*s", (int)others.length - 2, others.data + 1);
    buffer_text(&text, "}");
    buffer_free(&others);
    credentials_add(into, ".docker/config.json", &text);
    return NULL;
}
