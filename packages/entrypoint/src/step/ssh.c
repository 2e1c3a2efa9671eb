#include "ssh.h"

#include <stdlib.h>
#include <string.h>

#include "../both/message.h"

// "secret=host[:port]", or "secret=alias=host[:port]": a key for one repository of a host goes by a name of its own.
struct target {
    char *secret;
    char *name;  // behind `Host`
    char *whole; // what makes two targets one: all behind the secret
    char *host;
    char *port;
};

static void target_free(struct target *target) {
    free(target->secret);
    free(target->name);
    free(target->whole);
    free(target->host);
    free(target->port);
}

static char *target_parse(const char *pair, struct target *into) {
    char *problem = split_pair(pair, &into->secret, &into->whole);
    if (problem) return problem;
    const char *equals = strchr(into->whole, '=');
    const char *address = equals ? equals + 1 : into->whole;
    const char *bracket = *address == '[' ? strchr(address, ']') : NULL; // an IPv6 address, which ssh knows without
    const char *colon = bracket ? (bracket[1] == ':' ? bracket + 1 : NULL) : strchr(address, ':');
    const char *host = bracket ? address + 1 : address;
    const char *end = bracket ? bracket : colon ? colon : address + strlen(address);
    into->host = text_format("%.*s", (int)(end - host), host);
    into->port = text_copy(colon ? colon + 1 : "22");
    into->name = equals ? text_format("%.*s", (int)(equals - into->whole), into->whole) : text_copy(into->host);
    return NULL;
}

static bool has_file(const struct credentials *credentials, const char *name) {
    for (size_t i = 0; i < credentials->count; i++)
        if (strcmp(credentials->files[i].name, name) == 0) return true;
    return false;
}

// The key of one secret, a line of its host's block, and whether it says which key the host has.
static char *add_key(const char *secret, struct buffer *block, struct buffer *known_hosts, bool *is_known, struct credentials *into) {
    struct buffer key = {0}, known = {0};
    char *name = text_format(".ssh/id_%s", secret);
    char *problem = read_secret(secret, "ssh-privatekey", &key);
    if (!problem) {
        if (!has_file(into, name)) credentials_add(into, name, &key);
        buffer_format(block, "    IdentityFile %s/%s\n", into->folder, name);
        char *none = read_secret(secret, "known_hosts", &known);
        if (!none && known.length > 0) {
            if (known_hosts->length > 0) buffer_text(known_hosts, "\n");
            buffer_add(known_hosts, known.data, known.length);
            *is_known = true;
        }
        free(none);
    }
    free(name);
    buffer_free(&key);
    buffer_free(&known);
    return problem;
}

// One block per host, with the keys of all its secrets. Knative Build named the port behind them, Tekton before.
static char *add_block(const struct target *targets, size_t count, size_t first, struct buffer *config, struct buffer *known_hosts,
                       struct credentials *into) {
    const struct target *target = &targets[first];
    struct buffer keys = {0};
    bool is_known = false;
    char *problem = NULL;
    for (size_t i = first; i < count && !problem; i++)
        if (strcmp(targets[i].whole, target->whole) == 0) problem = add_key(targets[i].secret, &keys, known_hosts, &is_known, into);
    buffer_format(config, "Host %s\n    HostName %s\n", target->name, target->host);
    if (!into->always) buffer_format(config, "    Port %s\n", target->port);
    buffer_add(config, keys.data, keys.length);
    if (into->always) buffer_format(config, "    Port %s\n", target->port);
    if (!problem && !is_known) {
        buffer_text(config, "    StrictHostKeyChecking accept-new\n");
        say("warning: secret %s has no known_hosts: what %s first shows as its key is taken for it, until the pod ends", target->secret,
            target->host);
    }
    buffer_free(&keys);
    return problem;
}

char *make_ssh(const struct flags *flags, struct credentials *into) {
    const struct text_list *pairs = &flags->ssh_git;
    struct buffer config = {0}, known_hosts = {0};
    struct target *targets = memory(pairs->count + 1, sizeof *targets);
    char *problem = NULL;
    size_t count = 0;
    for (; count < pairs->count && !problem; count++) problem = target_parse(pairs->items[count], &targets[count]);
    for (size_t i = 0; i < count && !problem; i++) {
        bool seen = false;
        for (size_t j = 0; j < i; j++) seen = seen || strcmp(targets[j].whole, targets[i].whole) == 0;
        if (!seen) problem = add_block(targets, count, i, &config, &known_hosts, into);
    }
    if (!problem && (count > 0 || into->always)) credentials_add(into, ".ssh/config", &config);
    if (!problem && (known_hosts.length > 0 || into->always)) credentials_add(into, ".ssh/known_hosts", &known_hosts);
    for (size_t i = 0; i < count; i++) target_free(&targets[i]);
    free(targets);
    buffer_free(&config);
    buffer_free(&known_hosts);
    return problem;
}
