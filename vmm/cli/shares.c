/* SPDX-License-Identifier: Apache-2.0 */
/* shares.c - see shares.h. */
#include "vmm/cli/shares.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/log.h"
#include "vmm/sandbox/mounts.h"
#include "vmm/share/rights.h"

#define RIGHTS_HINT "with root's rights it can: -v HOST:GUEST:MODE,root"

/* "--root" or "-v". */
static const char *option_of(const struct config_share *share)
{
    return strcmp(share->guest, "/") == 0 ? "--root" : "-v";
}

static int explain_open(const struct config_share *share, int error)
{
    const char *comma = strrchr(share->host, ',');

    if (error == -ENOENT && strcmp(share->guest, "/") == 0 && comma != NULL)
        log_error("--root %s: is not there; after a comma there can be " SHARE_MODES, share->host);
    else if (error == -ENOENT)
        log_error("%s %s: is not there%s; it has to be made before", option_of(share), share->host,
                  *share->host != '/' ? ", in the current folder" : "");
    else
        log_error("%s %s: can't be opened: %s", option_of(share), share->host, strerror(-error));
    return error;
}

static int refuse(const struct config_share *share, const char *why)
{
    log_error("%s %s: %s", option_of(share), share->host, why);
    return -EINVAL;
}

/* O_PATH asks for no right to read: better told here than by each of the guest's calls. */
static int check_kind(const struct config_share *share, int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return explain_open(share, -errno);
    bool is_folder = S_ISDIR(st.st_mode);
    if (!is_folder && strcmp(share->guest, "/") == 0)
        return refuse(share, "is not a folder");
    if (!is_folder && !S_ISREG(st.st_mode))
        return refuse(share, "is neither a folder nor an ordinary file");
    if (!is_folder && share->mode == SHARE_COW)
        return refuse(share, "is a file, and only folders can be cow; ro or rw");
    if (access(share->host, is_folder ? R_OK | X_OK : R_OK) < 0)
        return explain_open(share, -errno);
    return 0;
}

/* Whether the rights that are held now are enough; what else is in the way isn't a matter of rights. */
static bool may(int fd, int how)
{
    return faccessat(fd, "", how, AT_EMPTY_PATH | AT_EACCESS) == 0 || errno != EACCES;
}

/* Root without the word is bound by owners and modes. What that leaves is asked of the kernel. */
static int find_rights(const struct config_share *share, int fd, mode_t mode, bool *is_read, bool *is_written)
{
    struct rights_of held = {.uid = geteuid(), .gid = getegid()};
    struct rights rights = {0};
    int error = rights_take(&rights, &held);

    if (error < 0)
        return error;
    *is_read = may(fd, S_ISDIR(mode) ? R_OK | X_OK : R_OK);
    *is_written = share->mode == SHARE_RO || may(fd, W_OK);
    held.all = true;
    return rights_take(&rights, &held);
}

/* The guest's errors wouldn't tell why. In an rw share the guest's user is bound as the host's of that number, which a
 * name doesn't tell here: one who isn't root finds out. */
static int check_rights(const struct config *config, const struct config_share *share, int fd)
{
    bool is_read = true, is_written = true, is_do = share->same_ids;
    struct stat st;

    if (geteuid() != 0 || share->all_rights || (is_do && share->mode == SHARE_RO))
        return 0;
    if (!is_do && config->user != NULL && share->mode == SHARE_RW)
        return 0;
    int error = fstat(fd, &st) < 0 ? -errno : find_rights(share, fd, st.st_mode, &is_read, &is_written);
    if (error < 0)
        return explain_open(share, error);
    if (is_read && is_written)
        return 0;
    const char *why = is_read ? "can't be written" : "can't be read";
    if (is_do)
        log_warning("do: %s belongs to user %u and %s: root's rights over files don't go along", share->host, st.st_uid,
                    why);
    else if (is_read)
        log_warning("-v %s: belongs to user %u and %s; " RIGHTS_HINT, share->host, st.st_uid, why);
    else
        log_error("-v %s: belongs to user %u and %s; " RIGHTS_HINT, share->host, st.st_uid, why);
    return is_do || is_read ? 0 : -EACCES;
}

/* ---- what is changed ---- */

static bool is_below(const char *path, const char *folder)
{
    size_t length = strcmp(folder, "/") == 0 ? 0 : strlen(folder);

    return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* The real path of what is there, or is to be made in a folder that is there. False: there is none. */
static bool real_path(const char *path, char out[PATH_MAX])
{
    char whole[PATH_MAX], parent[PATH_MAX], folder[PATH_MAX];
    size_t size = strlen(path);

    if (realpath(path, out) != NULL)
        return true;
    while (size > 0 && path[size - 1] == '/') /* mkdir doesn't mind them */
        size--;
    if (size >= sizeof(whole))
        return false;
    memcpy(whole, path, size);
    whole[size] = '\0';
    const char *slash = strrchr(whole, '/'), *name = slash != NULL ? slash + 1 : whole;
    int length = slash == NULL ? snprintf(parent, sizeof(parent), ".")
                               : snprintf(parent, sizeof(parent), "%.*s/", (int)(slash - whole), whole);
    if (length < 0 || (size_t)length >= sizeof(parent) || realpath(parent, folder) == NULL)
        return false;
    length = snprintf(out, PATH_MAX, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
    return length > 0 && length < PATH_MAX;
}

/* Changes in the folder itself would be its files, and theirs again. */
static int check_place(const struct config_share *share)
{
    char folder[PATH_MAX], changes[PATH_MAX];

    if (realpath(share->host, folder) == NULL || !real_path(share->changes, changes))
        return 0; /* opening it tells why */
    if (!is_below(changes, folder) && !is_below(folder, changes))
        return 0;
    log_error("%s %s: cow=%s: one of the two lies in the other; keep the changes somewhere else", option_of(share),
              share->host, share->changes);
    return -EINVAL;
}

static int explain_kept(const struct config_share *share, int error)
{
    const char *why = error == -EWOULDBLOCK ? "is in use by another lvmm, or given twice; each has its own"
                      : error == -ENOTSUP   ? "can't keep changes: its file system has no extended attributes"
                      : error == -ENOTDIR   ? "is not a folder"
                                            : NULL;

    if (why != NULL)
        log_error("%s %s: cow=%s: %s", option_of(share), share->host, share->changes, why);
    else
        log_error("%s %s: cow=%s: can't be used: %s", option_of(share), share->host, share->changes, strerror(-error));
    return error;
}

static int open_upper(const struct config_share *share, unsigned number, bool dry, struct share *out,
                      struct share_uppers *uppers)
{
    int error = share->changes != NULL ? check_place(share) : 0;

    if (error != 0 || dry)
        return error;
    bool apart = out->apart;
    out->upper = share->changes != NULL ? share_upper_open(share->changes, out->fd, &apart)
                                        : share_uppers_add(uppers, number, out->fd, &apart);
    out->apart = apart;
    if (out->upper >= 0)
        return 0;
    error = out->upper;
    out->upper = -1;
    if (share->changes != NULL)
        return explain_kept(share, error);
    log_error("%s %s: there can be no folder for the changes, in TMPDIR, /var/tmp or /tmp: %s; cow=FOLDER names one",
              option_of(share), share->host, strerror(-error));
    return error;
}

/* ---- all of it ---- */

int shares_open(const struct config *config, bool dry, struct backend_job *job, struct share_uppers *uppers)
{
    share_uppers_init(uppers, config->share_count);
    for (unsigned i = 0; i < config->share_count; i++) {
        const struct config_share *wanted = &config->share[i];
        struct share *share = &job->share[i];

        *share = (struct share){.mode = wanted->mode,
                                .upper = -1,
                                .public = wanted->is_public,
                                .own = geteuid() == 0 && !wanted->same_ids,
                                .all_rights = geteuid() == 0 && wanted->all_rights,
                                .same_ids = wanted->same_ids,
                                .keeps_git = wanted->keeps_git};
        share->fd = open(wanted->host, O_PATH | O_CLOEXEC);
        if (share->fd < 0)
            return explain_open(wanted, -errno);
        job->share_count++;
        int error = check_kind(wanted, share->fd);
        if (error == 0)
            error = check_rights(config, wanted, share->fd);
        share->apart = error == 0 && !dry && config->sandbox == SANDBOX_FULL && mounts_part(&share->fd) == 0;
        if (error == 0 && wanted->mode == SHARE_COW)
            error = open_upper(wanted, i, dry, share, uppers);
        if (error != 0)
            return error;
    }
    return 0;
}

void shares_close(struct backend_job *job, struct share_uppers *uppers)
{
    for (unsigned i = 0; i < job->share_count; i++) {
        close(job->share[i].fd);
        if (job->share[i].upper >= 0)
            close(job->share[i].upper);
    }
    job->share_count = 0;
    share_uppers_finish(uppers);
}

int shares_describe(const struct config *config, char **out, size_t *out_size)
{
    FILE *stream;

    *out = NULL;
    *out_size = 0;
    if (config->share_count == 0)
        return 0;
    stream = open_memstream(out, out_size);
    if (stream == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < config->share_count; i++)
        fprintf(stream, "%u%c%s%c%s%c", i, 0, config->share[i].guest, 0,
                config->share[i].mode == SHARE_RO ? "ro" : "rw", 0);
    return fclose(stream) == 0 ? 0 : -ENOMEM;
}

bool shares_any_writable(const struct config *config)
{
    for (unsigned i = 0; i < config->share_count; i++)
        if (config->share[i].mode != SHARE_RO)
            return true;
    return false;
}
