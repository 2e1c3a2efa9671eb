#define _GNU_SOURCE
#include "credentials.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../both/file.h"
#include "../both/message.h"
#include "docker.h"
#include "secret.h"

static const char FOLDER[] = "/tekton/creds";

char *read_secret(const char *secret, const char *key, struct buffer *into) {
    if (strchr(secret, '/') || *secret == '.') return text_format("%s is not the name of a secret", secret);
    char *path = text_format("/tekton/creds-secrets/%s/%s", secret, key);
    char *problem = read_file(path, into, SECRET_LIMIT) < 0 ? text_format("open %s: %s", path, strerror(errno)) : NULL;
    free(path);
    return problem;
}

char *split_pair(const char *pair, char **secret, char **url) {
    const char *equals = strchr(pair, '=');
    if (!equals || strchr(equals + 1, '=')) return text_format("expect entries of the form secret=url, got: %s", pair);
    *secret = text_format("%.*s", (int)(equals - pair), pair);
    *url = text_copy(equals + 1);
    return NULL;
}

char *write_credential(const char *name, const struct buffer *content) {
    char *path = text_format("%s/%s", FOLDER, name);
    char *problem = NULL;
    if (make_parent_folders(path, 0700) < 0 || write_file_atomically(path, content->data ? content->data : "", content->length, 0600) < 0)
        problem = text_format("%s: %s", path, strerror(errno));
    free(path);
    return problem;
}

// As net/url writes user and password before the @.
static void add_userinfo(struct buffer *into, const struct buffer *text) {
    for (size_t i = 0; i < text->length; i++) {
        unsigned char c = (unsigned char)text->data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-_.~$&+,;=", c));
        if (plain)
            buffer_add(into, &c, 1);
        else
            buffer_format(into, "%%%02X", c);
    }
}

static char *add_basic_git(const char *pair, struct buffer *config, struct buffer *store) {
    char *secret, *url;
    struct buffer user = {0}, password = {0};
    char *problem = split_pair(pair, &secret, &url);
    if (!problem) problem = read_secret(secret, "username", &user);
    if (!problem) problem = read_secret(secret, "password", &password);
    if (problem) return problem;
    buffer_text(config, "[credential \"");
    for (const char *c = url; *c; c++) buffer_format(config, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
    buffer_text(config, "\"]\n\tusername = ");
    for (size_t i = 0; i < user.length; i++) {
        if (user.data[i] == '\\') buffer_text(config, "\\");
        buffer_add(config, user.data + i, 1);
    }
    buffer_text(config, "\n");
    const char *scheme_end = strstr(url, "://");
    const char *host = scheme_end ? scheme_end + 3 : url;
    const char *old_user = strpbrk(host, "@/");
    if (old_user && *old_user == '@') host = old_user + 1;
    buffer_format(store, "%.*s", scheme_end ? (int)(scheme_end + 3 - url) : 0, url);
    if (!scheme_end) buffer_text(store, "//");
    add_userinfo(store, &user);
    buffer_text(store, ":");
    add_userinfo(store, &password);
    buffer_format(store, "@%s\n", host);
    buffer_free(&user);
    buffer_free(&password);
    free(secret);
    free(url);
    return NULL;
}

static char *write_basic_git(const struct text_list *pairs) {
    struct buffer config = {0}, store = {0};
    char *problem = NULL;
    if (pairs->count == 0) return NULL;
    buffer_text(&config, "[credential]\n\thelper = store\n");
    for (size_t i = 0; i < pairs->count && !problem; i++) problem = add_basic_git(pairs->items[i], &config, &store);
    if (!problem) problem = write_credential(".gitconfig", &config);
    if (!problem) problem = write_credential(".git-credentials", &store);
    buffer_free(&config);
    buffer_free(&store);
    return problem;
}

static char *add_ssh_key(const char *secret, struct buffer *config, struct buffer *known_hosts) {
    struct buffer key = {0}, known = {0};
    char *problem = read_secret(secret, "ssh-privatekey", &key);
    if (problem) return problem;
    char *name = text_format(".ssh/id_%s", secret);
    problem = write_credential(name, &key);
    buffer_format(config, "    IdentityFile %s/%s\n", FOLDER, name);
    char *none = read_secret(secret, "known_hosts", &known);
    if (!none && known.length > 0) {
        if (known_hosts->length > 0) buffer_text(known_hosts, "\n");
        buffer_add(known_hosts, known.data, known.length);
    }
    free(none);
    free(name);
    buffer_free(&key);
    buffer_free(&known);
    return problem;
}

// One Host block per host, in order of first mention, with the keys of all its secrets.
static char *write_ssh_git(const struct text_list *pairs) {
    struct buffer config = {0}, known_hosts = {0};
    char *problem = NULL;
    char **secrets = memory(pairs->count, sizeof *secrets);
    char **hosts = memory(pairs->count, sizeof *hosts);
    if (pairs->count == 0) return NULL;
    for (size_t i = 0; i < pairs->count && !problem; i++) problem = split_pair(pairs->items[i], &secrets[i], &hosts[i]);
    for (size_t i = 0; i < pairs->count && !problem; i++) {
        bool seen = false;
        for (size_t j = 0; j < i; j++) seen = seen || strcmp(hosts[j], hosts[i]) == 0;
        if (seen) continue;
        const char *colon = strrchr(hosts[i], ':');
        bool has_port = colon && strchr(hosts[i], ':') == colon; // not an IPv6 address
        char *host = has_port ? text_format("%.*s", (int)(colon - hosts[i]), hosts[i]) : text_copy(hosts[i]);
        buffer_format(&config, "Host %s\n    HostName %s\n    Port %s\n", host, host, has_port ? colon + 1 : "22");
        for (size_t j = i; j < pairs->count && !problem; j++)
            if (strcmp(hosts[j], hosts[i]) == 0) problem = add_ssh_key(secrets[j], &config, &known_hosts);
        free(host);
    }
    if (!problem) problem = write_credential(".ssh/config", &config);
    if (!problem && known_hosts.length > 0) problem = write_credential(".ssh/known_hosts", &known_hosts);
    return problem;
}

char *write_credentials(const struct flags *flags) {
    char *problem = write_docker(flags);
    if (!problem) problem = write_basic_git(&flags->basic_git);
    if (!problem) problem = write_ssh_git(&flags->ssh_git);
    return problem;
}

static int copy_tree(const char *from, const char *to) {
    struct stat found;
    if (lstat(from, &found) < 0) return errno == ENOENT ? 0 : -1;
    if (S_ISREG(found.st_mode)) return copy_file(from, to, 0600);
    if (!S_ISDIR(found.st_mode)) return 0;
    if (mkdir(to, 0700) < 0 && errno != EEXIST) return -1;
    DIR *folder = opendir(from);
    if (!folder) return -1;
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char *source = text_format("%s/%s", from, entry->d_name);
        char *target = text_format("%s/%s", to, entry->d_name);
        result = copy_tree(source, target);
        free(source);
        free(target);
    }
    closedir(folder);
    return result;
}

static char *home_folder(void) {
    const char *home = getenv("HOME");
    if (home && *home) return text_copy(home);
    const struct passwd *user = getpwuid(getuid());
    return text_copy(user && user->pw_dir ? user->pw_dir : "/");
}

void copy_credentials_home(void) {
    static const char *const NAMES[] = {".docker", ".gitconfig", ".git-credentials", ".ssh"};
    if (access(FOLDER, F_OK) < 0) return;
    char *home = home_folder();
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        char *from = text_format("%s/%s", FOLDER, NAMES[i]);
        char *to = text_format("%s/%s", home, NAMES[i]);
        if (copy_tree(from, to) < 0) say("warning: unsuccessful cred copy: \"%s\" from \"%s\" to \"%s\": %s", NAMES[i], FOLDER, home, strerror(errno));
        free(from);
        free(to);
    }
    free(home);
}
