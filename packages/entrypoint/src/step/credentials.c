#define _GNU_SOURCE
#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../both/file.h"
#include "../both/message.h"
#include "docker.h"
#include "git.h"
#include "ssh.h"

static const char TEKTON_FOLDER[] = "/tekton/creds";

static char *home_folder(void) {
    const char *home = getenv("HOME");
    if (home && *home) return text_copy(home);
    const struct passwd *user = getpwuid(getuid());
    return text_copy(user && user->pw_dir ? user->pw_dir : "/");
}

static bool is_knative(const struct flags *flags) { return strcmp(flags->credentials_layout, "knative-build") == 0; }

static bool is_tekton(const struct flags *flags) {
    return *flags->credentials_layout == '\0' || strcmp(flags->credentials_layout, "tekton") == 0;
}

static char *make_in(const char *folder, const struct flags *flags, struct credentials *into) {
    if (!is_tekton(flags) && !is_knative(flags)) return text_format("there is no layout of credentials \"%s\"", flags->credentials_layout);
    *into = (struct credentials){.always = is_knative(flags), .folder = folder, .folder_mode = is_knative(flags) ? 0777 : 0700};
    char *problem = make_docker(flags, into);
    if (!problem) problem = make_git(flags, into);
    if (!problem) problem = make_ssh(flags, into);
    return problem;
}

char *make_credentials(const struct flags *flags, struct credentials *into) {
    return make_in(is_knative(flags) ? home_folder() : TEKTON_FOLDER, flags, into);
}

static int fill(int folder, const char *name, const struct buffer *content) {
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return -1;
    int result = write_all(fd, content->data, content->length);
    if (result == 0) result = fchmod(fd, 0600); // whatever the umask took
    if (close(fd) < 0) result = -1;
    if (result == 0) return 0;
    int error = errno;
    unlinkat(folder, name, 0);
    errno = error;
    return -1;
}

// A file that is there already stays: an earlier step may have added to it. Steps that share a home write one after the
// other, so that nobody reads what is half written; and every step of every Build comes here, so that it must cost little.
static int write_once(int folder, const char *name, const struct buffer *content) {
    return fill(folder, name, content) == 0 || errno == EEXIST ? 0 : -1;
}

// Whole or not there, whatever is there already.
static int replace(int folder, const char *name, const struct buffer *content) {
    char *fresh = text_format(".%s.%ld.new", name, (long)getpid());
    int result = fill(folder, fresh, content);
    if (result == 0 && (result = renameat(folder, fresh, folder, name)) < 0) {
        int error = errno;
        unlinkat(folder, fresh, 0);
        errno = error;
    }
    free(fresh);
    return result;
}

static int write_in(int folder, const char *name, const struct buffer *content, bool keep) {
    return keep ? write_once(folder, name, content) : replace(folder, name, content);
}

// `.ssh/config` below the home; a folder that is a link is not gone through: nobody knows where it leads.
static int write_file_of(int home, const struct credential_file *file, bool keep, mode_t folder_mode) {
    const char *slash = strchr(file->name, '/');
    if (!slash) return write_in(home, file->name, &file->content, keep);
    char *folder_name = text_format("%.*s", (int)(slash - file->name), file->name);
    int result = -1;
    int folder = -1;
    if (mkdirat(home, folder_name, folder_mode) == 0 || errno == EEXIST) folder = openat(home, folder_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder >= 0) {
        result = write_in(folder, slash + 1, &file->content, keep);
        int error = errno;
        close(folder);
        errno = error;
    }
    free(folder_name);
    return result;
}

// The first file that cannot be written, and why; NULL when all are there.
static char *write_to(const char *home, const struct credentials *credentials, bool keep) {
    if (credentials->count == 0) return NULL;
    int folder = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return text_format("%s: %s", home, strerror(errno));
    char *problem = NULL;
    for (size_t i = 0; i < credentials->count; i++) {
        const struct credential_file *file = &credentials->files[i];
        if (write_file_of(folder, file, keep, credentials->folder_mode) == 0) continue;
        const char *why = errno == ELOOP || errno == ENOTDIR ? "it is behind a link, or in what is no folder" : strerror(errno);
        if (!problem) problem = text_format("%s/%s: %s", home, file->name, why);
    }
    close(folder);
    return problem;
}

static bool has_secrets(const struct flags *flags) {
    return flags->basic_git.count + flags->ssh_git.count + flags->basic_docker.count + flags->docker_config.count + flags->docker_cfg.count > 0;
}

// ssh looks in the home of the user database, whatever HOME says.
static void link_ssh_home(const char *home) {
    const struct passwd *user = getpwuid(getuid());
    if (!user || !user->pw_dir || strcmp(user->pw_dir, home) == 0) return;
    char *target = text_format("%s/.ssh", home), *link = text_format("%s/.ssh", user->pw_dir);
    if (access(target, F_OK) == 0 && symlink(target, link) < 0) {} // ssh itself says what it does not find
    free(target);
    free(link);
}

char *lay_out_credentials(const struct flags *flags, const struct credentials *credentials) {
    if (credentials->count == 0) return NULL;
    char *home = home_folder();
    char *problem = NULL;
    if (!is_knative(flags)) {
        if (make_folders(TEKTON_FOLDER, 0755) < 0) problem = text_format("%s: %s", TEKTON_FOLDER, strerror(errno));
        if (!problem) problem = write_to(TEKTON_FOLDER, credentials, false);
    }
    char *warning = problem ? NULL : write_to(home, credentials, is_knative(flags));
    if (warning && has_secrets(flags)) say("warning: unsuccessful cred copy: %s", warning);
    if (flags->ssh_git.count > 0) link_ssh_home(home);
    free(warning);
    free(home);
    return problem;
}

int write_credentials(char **argv) {
    struct flags flags;
    struct credentials credentials;
    if (!argv[0]) die("usage: write-credentials HOME [FLAGS]");
    char *problem = parse_flags(&flags, argv);
    if (!problem) problem = make_in(argv[0], &flags, &credentials);
    if (!problem) problem = write_to(argv[0], &credentials, is_knative(&flags));
    if (problem) die("%s", problem);
    return 0;
}
