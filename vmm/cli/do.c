/* SPDX-License-Identifier: Apache-2.0 */
/* do.c - see do.h. What is shown lies at the same path in the guest as here. */
#include "vmm/cli/do.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "vmm/child.h"
#include "vmm/log.h"

/* What is shown of every host, where it is there. The rest of the root is empty, or absent. */
static const char *const shown[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt"};
/* What the guest has itself, whatever the host has. */
static const char *const own[] = {"/dev", "/proc", "/sys", "/tmp", "/run"};
/* What of the environment goes with the command, "*" at the end standing for anything. */
static const char *const passed[] = {"PATH", "HOME", "USER", "LANG", "LC_*", "TERM", "TZ"};

/* ---- folders ---- */

/* Is `path` below `folder`, or the same? */
static bool is_within(const char *path, const char *folder)
{
    size_t length = strlen(folder);

    return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0' || folder[1] == '\0');
}

static bool is_shared(const struct config *config, const char *guest)
{
    for (unsigned i = 0; i < config->share_count; i++)
        if (strcmp(config->share[i].guest, guest) == 0)
            return true;
    return false;
}

/* Shares it at the same path, unless an option has something there. What do shows comes before what -v adds, as the
 * one may lie in the other: `at` is its place. */
static int add_share(struct config *config, struct do_host *host, unsigned *at, const char *path, enum share_mode mode)
{
    if (is_shared(config, path))
        return 0;
    if (config->share_count == SHARE_MAX || host->paths == SHARE_MAX) {
        log_error("-v: too many shared folders; do shows %u by itself, and %u are the most", *at, SHARE_MAX);
        return -1;
    }
    char *kept = host->path[host->paths++];
    snprintf(kept, PATH_MAX, "%s", path);
    memmove(&config->share[*at + 1], &config->share[*at], (config->share_count - *at) * sizeof(config->share[0]));
    config->share[(*at)++] = (struct config_share){.host = kept, .guest = kept, .mode = mode, .same_ids = true};
    config->share_count++;
    root_archive_add_folders(&host->root, path);
    return 0;
}

/* One entry of the host's root: a link stays one, a folder is shared, or is there and as closed as it is to whoever
 * calls us. */
static int show(struct config *config, struct do_host *host, unsigned *at, const char *path)
{
    char target[PATH_MAX];
    struct stat stat;

    if (lstat(path, &stat) != 0)
        return 0;
    if (S_ISDIR(stat.st_mode) && access(path, R_OK | X_OK) != 0)
        root_archive_add(&host->root, path, S_IFDIR | (stat.st_mode & 07777), 0, 0, NULL, 0);
    else if (S_ISDIR(stat.st_mode))
        return add_share(config, host, at, path, SHARE_RO);
    if (S_ISLNK(stat.st_mode)) {
        ssize_t length = readlink(path, target, sizeof(target));
        if (length > 0)
            root_archive_add(&host->root, path, S_IFLNK | 0777, 0, 0, target, (size_t)length);
    }
    return 0;
}

static bool is_own(const char *path)
{
    for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (strcmp(path, own[i]) == 0)
            return true;
    return false;
}

/* --host-root: all of the host's root but what the guest has itself. */
static int show_all(struct config *config, struct do_host *host, unsigned *at)
{
    DIR *root = opendir("/");
    int error = 0;

    if (root == NULL) {
        log_error("--host-root: / can't be read: %s", strerror(errno));
        return -1;
    }
    for (const struct dirent *entry; error == 0 && (entry = readdir(root)) != NULL;) {
        char path[sizeof(entry->d_name) + 1];

        snprintf(path, sizeof(path), "/%s", entry->d_name);
        if (strcmp(path, "/.") != 0 && strcmp(path, "/..") != 0 && !is_own(path))
            error = show(config, host, at, path);
    }
    closedir(root);
    return error;
}

static int show_parts(struct config *config, struct do_host *host, unsigned *at)
{
    int error = 0;

    for (unsigned i = 0; error == 0 && i < sizeof(shown) / sizeof(shown[0]); i++)
        error = show(config, host, at, shown[i]);
    if (error == 0 && access("/etc", F_OK) == 0) {
        unsigned etc = *at;

        error = add_share(config, host, at, "/etc", SHARE_RO);
        if (error == 0 && *at != etc)
            config->share[etc].is_public = true;
    }
    return error;
}

/* Is it absolute, and each of its names one of its own? */
static bool is_plain(const char *path)
{
    for (const char *name = path; *name == '/'; name += strcspn(name, "/")) {
        size_t length = strcspn(++name, "/");

        if (length == 0 || (length == 1 && *name == '.') || (length == 2 && strncmp(name, "..", 2) == 0))
            return false;
    }
    return *path == '/';
}

/* With a network the guest kernel makes the file that programs find their name server in. /etc's is often a link into
 * /run, which is empty in the guest: the folders that it leads to. */
static void make_resolv_folders(struct do_host *host)
{
    char target[PATH_MAX];
    ssize_t length = readlink("/etc/resolv.conf", target, sizeof(target) - 1);

    if (length <= 0)
        return;
    target[length] = '\0';
    const char *path = strncmp(target, "../run/", 7) == 0 ? target + 2 : target;
    if (strncmp(path, "/run/", 5) != 0 || !is_plain(path))
        return;
    *strrchr(target, '/') = '\0';
    root_archive_add_folders(&host->root, path);
}

static int show_folder(struct config *config, struct do_host *host, unsigned *at)
{
    unsigned place = *at;
    int error = 0;

    if (host->folder[0] != '\0')
        error = add_share(config, host, at, host->folder, config->folder != FOLDER_COW ? SHARE_RW : SHARE_COW);
    if (error == 0 && *at != place) {
        config->share[place].changes = config->keep;
        /* They run commands on the host later on: who may change them gets out of the VM. */
        config->share[place].keeps_git = config->folder == FOLDER_RW;
        config->folder_share = place;
    }
    return error;
}

/* Where the root of the guest has something in any case. */
static void make_root(const struct config *config, struct do_host *host)
{
    static const struct {
        const char *path;
        mode_t mode;
    } folder[] = {{"/dev", 0755},  {"/proc", 0555}, {"/sys", 0555}, {"/tmp", 01777},     {"/run", 0755},
                  {"/home", 0755}, {"/root", 0700}, {"/var", 0755}, {"/var/tmp", 01777}, {"/mnt", 0755}};
    struct stat stat;

    host->root.mtime = time(NULL);
    for (unsigned i = 0; i < sizeof(folder) / sizeof(folder[0]); i++)
        if (!config->host_root || is_own(folder[i].path) || lstat(folder[i].path, &stat) != 0 ||
            !S_ISLNK(stat.st_mode)) /* show_all makes those */
            root_archive_add(&host->root, folder[i].path, S_IFDIR | folder[i].mode, 0, 0, NULL, 0);
}

/* An empty home, the caller's own; not where the host's is shown. */
static void make_home(const struct config *config, struct do_host *host)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(host->home, '/');

    for (unsigned i = 0; i < config->share_count; i++)
        if (is_within(host->home, config->share[i].guest))
            return;
    if (!is_plain(host->home) || slash == host->home)
        return;
    snprintf(parent, sizeof(parent), "%.*s", (int)(slash - host->home), host->home);
    root_archive_add_folders(&host->root, parent);
    root_archive_add(&host->root, host->home, S_IFDIR | 0755, getuid(), getgid(), NULL, 0);
}

/* ---- who, and where ---- */

/* What /etc/passwd says of the caller. No other source is asked: we are linked without the host's modules for that. */
static void find_home_in_passwd(struct do_host *host)
{
    FILE *passwd = fopen("/etc/passwd", "re");

    for (const struct passwd *entry; passwd != NULL && (entry = fgetpwent(passwd)) != NULL;) {
        if (entry->pw_uid == getuid() && entry->pw_dir[0] == '/' && strlen(entry->pw_dir) < sizeof(host->home)) {
            snprintf(host->home, sizeof(host->home), "%s", entry->pw_dir);
            break;
        }
    }
    if (passwd != NULL)
        fclose(passwd);
}

static void find_home(struct do_host *host)
{
    const char *home = getenv("HOME");

    if (home != NULL && *home == '/' && strlen(home) < sizeof(host->home))
        snprintf(host->home, sizeof(host->home), "%s", home);
    else
        find_home_in_passwd(host);
    for (size_t length = strlen(host->home); length > 1 && host->home[length - 1] == '/'; length--)
        host->home[length - 1] = '\0';
}

/* The current folder is what CMD may see: all of the home, or of the host, is more than anybody means. With a folder to
 * begin in (-w) it isn't shown then. */
static int check_folder(const struct config *config, struct do_host *host)
{
    char home[PATH_MAX] = "";

    if (getcwd(host->folder, sizeof(host->folder)) == NULL || host->folder[0] != '/') {
        log_error("the current folder can't be named: %s", strerror(errno));
        return -1;
    }
    if (host->home[0] != '\0' && realpath(host->home, home) == NULL)
        home[0] = '\0';
    if (strcmp(host->folder, "/") != 0 && !is_within(home, host->folder))
        return 0;
    if (config->workdir == NULL) {
        log_error(
            "the current folder is %s, and CMD would see all of it; go to the folder that it is about, or name what it "
            "may see, and where it begins: lvmm do -v $PWD/DIR:/mnt -w /mnt CMD",
            strcmp(host->folder, "/") == 0    ? "/"
            : strcmp(host->folder, home) == 0 ? "your home"
                                              : "above your home");
        return -1;
    }
    host->folder[0] = '\0';
    return 0;
}

/* ---- the environment ---- */

static bool is_passed(const char *string)
{
    for (unsigned i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
        size_t length = strlen(passed[i]);

        if (passed[i][length - 1] == '*' ? strncmp(string, passed[i], length - 1) == 0
                                         : strncmp(string, passed[i], length) == 0 && string[length] == '=')
            return true;
    }
    return false;
}

/* What -e gives comes later, so that it holds. */
static int pass_environment(struct config *config)
{
    const char *given[CONFIG_ENV];
    unsigned count = config->env_count;

    memcpy(given, config->env, count * sizeof(given[0]));
    config->env_count = 0;
    for (char **string = environ; *string != NULL; string++) {
        if (**string == '=' || strchr(*string, '=') == NULL || (!config->env_host && !is_passed(*string)))
            continue;
        if (config->env_count + count == CONFIG_ENV) {
            log_error("--env-host: more than %u of these; name what CMD needs by --env", CONFIG_ENV - count);
            return -1;
        }
        config->env[config->env_count++] = *string;
    }
    memcpy(&config->env[config->env_count], given, count * sizeof(given[0]));
    config->env_count += count;
    return 0;
}

/* ---- the command ---- */

/* Where a shell here would find it; false: nowhere. */
static bool find_program(const char *name, char *path)
{
    if (strchr(name, '/') != NULL)
        return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX && access(path, F_OK) == 0;
    return child_find(name, path, PATH_MAX) == 0;
}

/* One that is nowhere is the guest's to tell. */
static int check_program(const struct config *config)
{
    char path[PATH_MAX], real[PATH_MAX];

    if (config->program == NULL) {
        log_error("do: no CMD; e.g. lvmm do ls -l");
        return -1;
    }
    if (!find_program(config->program[0], path) || realpath(path, real) == NULL)
        return 0;
    for (unsigned i = 0; i < config->share_count; i++)
        if (is_within(real, config->share[i].guest))
            return 0;
    *strrchr(real, '/') = '\0';
    log_error("CMD %s: is %s, which the guest isn't shown; -v %s:%s:ro shows its folder, --host-root all of this host",
              config->program[0], path, real[0] != '\0' ? real : "/", real[0] != '\0' ? real : "/");
    return -1;
}

/* ---- all of it ---- */

/* Half of this host's memory: it is taken as the guest uses it. */
static uint64_t half_memory(void)
{
    uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES), page = (uint64_t)sysconf(_SC_PAGESIZE);

    return pages / 2 * page & ~((2ull << 20) - 1);
}

static void set_defaults(struct config *config, struct do_host *host)
{
    if (config->memory_bytes == 0)
        config->memory_bytes = half_memory();
    if (config->workdir == NULL)
        config->workdir = host->folder;
    if (config->user == NULL) {
        snprintf(host->user, sizeof(host->user), "%u:%u", (unsigned)getuid(), (unsigned)getgid());
        config->user = host->user;
    }
    if (config->accel == ACCEL_AUTO)
        config->accel = ACCEL_KVM;
    else if (config->accel == ACCEL_TCG)
        log_warning("--accel tcg: QEMU makes no promise to keep a hostile guest in when it emulates the CPU");
}

int do_prepare(struct config *config, struct do_host *host)
{
    unsigned at = 0;

    config->folder_share = SHARE_MAX;
    find_home(host);
    if (check_folder(config, host) != 0)
        return -1;
    make_root(config, host);
    if ((config->host_root ? show_all(config, host, &at) : show_parts(config, host, &at)) != 0 ||
        show_folder(config, host, &at) != 0 || check_program(config) != 0 || pass_environment(config) != 0)
        return -1;
    make_home(config, host);
    if (config->net.mode != NET_NONE || config->net.rule_count > 0)
        make_resolv_folders(host);
    set_defaults(config, host);
    return 0;
}
