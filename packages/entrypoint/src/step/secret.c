#include "secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../both/file.h"

char *read_secret(const char *secret, const char *key, struct buffer *into) {
    if (strchr(secret, '/') || *secret == '.') return text_format("%s is not the name of a secret", secret);
    char *path = text_format("/tekton/creds-secrets/%s/%s", secret, key);
    char *problem = read_file(path, into, SECRET_LIMIT) < 0 ? text_format("open %s: %s", path, strerror(errno)) : NULL;
    free(path);
    return problem;
}

char *split_pair(const char *pair, char **secret, char **url) {
    const char *equals = strchr(pair, '=');
    *secret = *url = NULL;
    if (!equals || equals == pair || equals[1] == '\0') return text_format("expect entries of the form secret=url, got: %s", pair);
    *secret = text_format("%.*s", (int)(equals - pair), pair);
    *url = text_copy(equals + 1);
    return NULL;
}

void credentials_add(struct credentials *credentials, const char *name, struct buffer *content) {
    struct credential_file *files = realloc(credentials->files, (credentials->count + 1) * sizeof *files);
    if (!files) abort();
    credentials->files = files;
    buffer_string(content);
    credentials->files[credentials->count++] = (struct credential_file){.name = text_copy(name), .content = *content};
    *content = (struct buffer){0};
}

void credentials_free(struct credentials *credentials) {
    for (size_t i = 0; i < credentials->count; i++) {
        free(credentials->files[i].name);
        buffer_free(&credentials->files[i].content);
    }
    free(credentials->files);
    credentials->files = NULL;
    credentials->count = 0;
}
