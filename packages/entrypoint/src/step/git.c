#include "git.h"

#include <stdlib.h>
#include <string.h>

static bool is_control(char c) { return (unsigned char)c < 0x20 || c == 0x7f; }

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

static void add_quoted(struct buffer *into, const char *text) {
    for (const char *c = text; *c; c++) buffer_format(into, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
}

// A value of git's configuration ends at a comment sign, and loses the spaces at its ends, unless it is in quotes.
static void add_value(struct buffer *into, const struct buffer *value) {
    const char *text = value->data;
    size_t length = value->length;
    bool quoted = length > 0 && (text[0] == ' ' || text[length - 1] == ' ');
    for (size_t i = 0; i < length; i++) quoted = quoted || strchr("#;\"", text[i]);
    if (quoted) buffer_text(into, "\"");
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\\' || text[i] == '"') buffer_text(into, "\\");
        buffer_add(into, text + i, 1);
    }
    if (quoted) buffer_text(into, "\"");
}

static const char *behind_scheme(const char *url) {
    const char *end = strstr(url, "://");
    return end ? end + 3 : url;
}

static bool has_path(const char *url) {
    const char *slash = strchr(behind_scheme(url), '/');
    return slash && slash[1] != '\0';
}

// The URL with user and password in it, a line.
static void add_line(struct buffer *store, const char *url, const struct buffer *user, const struct buffer *password) {
    const char *host = behind_scheme(url);
    const char *old_user = strpbrk(host, "@/");
    if (host == url)
        buffer_text(store, "//");
    else
        buffer_add(store, url, (size_t)(host - url));
    if (old_user && *old_user == '@') host = old_user + 1;
    add_userinfo(store, user);
    buffer_text(store, ":");
    add_userinfo(store, password);
    buffer_format(store, "@%s\n", host);
}

static char *add_basic(const char *pair, bool is_first, struct buffer *config, struct buffer *store) {
    char *secret, *url;
    struct buffer user = {0}, password = {0};
    char *problem = split_pair(pair, &secret, &url);
    if (!problem) problem = read_secret(secret, "username", &user);
    if (!problem) problem = read_secret(secret, "password", &password);
    for (size_t i = 0; !problem && i < user.length; i++)
        if (is_control(user.data[i])) problem = text_format("the username of secret %s has a line break or another control character", secret);
    if (!problem && is_first) {
        buffer_text(config, "[credential \"");
        add_quoted(config, url);
        buffer_text(config, "\"]\n\tusername = ");
        add_value(config, &user);
        buffer_text(config, "\n");
        if (has_path(url)) buffer_text(config, "\tuseHttpPath = true\n"); // git leaves the path out when it asks otherwise
    }
    if (!problem) add_line(store, url, &user, &password);
    buffer_free(&user);
    buffer_free(&password);
    free(secret);
    free(url);
    return problem;
}

// A section names one user: of two secrets for one URL, that of the first.
static bool is_first_of_url(const struct text_list *pairs, size_t index) {
    const char *url = strchr(pairs->items[index], '=');
    for (size_t i = 0; url && i < index; i++) {
        const char *other = strchr(pairs->items[i], '=');
        if (other && strcmp(other, url) == 0) return false;
    }
    return true;
}

// "ORIGINAL ELSEWHERE": what is asked for at the first is fetched from the second. Consecutive ones share a section.
static char *add_instead_of(const struct text_list *pairs, struct buffer *config) {
    const char *before = "";
    size_t before_length = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        const char *original = pairs->items[i], *space = strchr(original, ' ');
        if (!space) return text_format("expect two addresses, got: %s", original);
        const char *elsewhere = space + 1;
        size_t length = strlen(elsewhere);
        if (length != before_length || strcmp(elsewhere, before) != 0) {
            buffer_text(config, "[url \"");
            add_quoted(config, elsewhere);
            buffer_text(config, "\"]\n");
        }
        buffer_format(config, "\tinsteadOf = %.*s\n", (int)(space - original), original);
        before = elsewhere;
        before_length = length;
    }
    return NULL;
}

// Entries for whole hosts come first: git takes the first of its store that fits what it asks for.
char *make_git(const struct flags *flags, struct credentials *into) {
    const struct text_list *pairs = &flags->basic_git;
    struct buffer config = {0}, store = {0};
    bool has_store = pairs->count > 0 || into->always;
    char *problem = NULL;
    if (has_store) buffer_text(&config, "[credential]\n\thelper = store\n");
    for (int paths = 0; paths < 2; paths++)
        for (size_t i = 0; i < pairs->count && !problem; i++) {
            const char *url = strchr(pairs->items[i], '=');
            if (has_path(url ? url + 1 : "") == (paths == 1))
                problem = add_basic(pairs->items[i], is_first_of_url(pairs, i), &config, &store);
        }
    if (!problem) problem = add_instead_of(&flags->git_instead_of, &config);
    if (!problem && (has_store || config.length > 0)) credentials_add(into, ".gitconfig", &config);
    if (!problem && has_store) credentials_add(into, ".git-credentials", &store);
    buffer_free(&config);
    buffer_free(&store);
    return problem;
}
