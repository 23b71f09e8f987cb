/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - the options of `lvmm run` and `lvmm do`, in one list, and what each makes of its value. */
#include "vmm/cli/options.h"

#include <errno.h>
#include <string.h>

#include "vmm/cli/file_words.h"
#include "vmm/cli/net_words.h"
#include "vmm/cli/share_words.h"
#include "vmm/cli/values.h"

#define MEMORY_BARE_MIN (1ull << 20) /* less without a suffix: a forgotten one, as no machine is that small */
#define PAGE_BYTES 4096u

/* ---- values that mean the same wherever they stand ---- */

/* A bool. */
static void set_flag(struct parse *parse, const struct config_option *option, char *value)
{
    (void)value;
    *(bool *)((char *)parse->config + option->field) = true;
}

/* A string, taken as it is. An empty one would be taken for "not given" later on. */
static void set_string(struct parse *parse, const struct config_option *option, char *value)
{
    *(const char **)((char *)parse->config + option->field) = value;
    if (*value == '\0')
        option_refuse(parse, "--%s: the value is empty", option->name);
}

/* ---- values of one option each ---- */

static void set_memory(struct parse *parse, const struct config_option *option, char *value)
{
    uint64_t *bytes = &parse->config->memory_bytes;
    int error = value_size(value, bytes);

    if (error == -ERANGE)
        option_refuse(parse, "--%s %s: more than any machine has; e.g. 256M", option->name, value);
    else if (error != 0)
        option_refuse(parse, "--%s %s: not a size; give a number with K, M, G or T, e.g. 256M", option->name, value);
    else if (*bytes == 0)
        option_refuse(parse, "--%s %s: is none at all; e.g. 256M", option->name, value);
    else if (*bytes < MEMORY_BARE_MIN && strspn(value, "0123456789") == strlen(value))
        option_refuse(parse, "--%s %s: that is %s bytes; %sM?", option->name, value, value, value);
    else if (*bytes % PAGE_BYTES != 0)
        option_refuse(parse, "--%s %s: not a multiple of 4K; e.g. 256M", option->name, value);
}

static void set_root_size(struct parse *parse, const struct config_option *option, char *value)
{
    uint64_t *bytes = &parse->config->root_bytes;

    if (value_size(value, bytes) != 0 || *bytes < PAGE_BYTES)
        option_refuse(parse, "--%s %s: not a size; give a number with K, M, G or T, e.g. 128M", option->name, value);
}

/* How many a machine takes is the plan's to say. */
static void set_cpus(struct parse *parse, const struct config_option *option, char *value)
{
    uint64_t count;

    if (strspn(value, "0123456789") != strlen(value) || value_size(value, &count) != 0 || count == 0 ||
        count > UINT16_MAX)
        option_refuse(parse, "--%s %s: not a number of CPUs; e.g. 2", option->name, value);
    else
        parse->config->cpus = (unsigned)count;
}

/* A time, in nanoseconds. */
static void set_time(struct parse *parse, const struct config_option *option, char *value)
{
    int error = value_duration(value, (uint64_t *)((char *)parse->config + option->field));

    if (error == -ERANGE)
        option_refuse(parse, "--%s %s: more than %u seconds", option->name, value, VALUE_SECONDS_MAX);
    else if (error != 0)
        option_refuse(parse, "--%s %s: not a time; give seconds, or a number with s, m, h or d, e.g. 1.5 or 2m",
                      option->name, value);
}

/* A number of bytes that may be 0. */
static void set_bytes(struct parse *parse, const struct config_option *option, char *value)
{
    uint64_t *bytes = (uint64_t *)((char *)parse->config + option->field);

    if (value_size(value, bytes) != 0 || *bytes == METER_NO_LIMIT)
        option_refuse(parse, "--%s %s: not a size; give bytes, or a number with K, M, G or T, e.g. 64K", option->name,
                      value);
}

static void set_procs(struct parse *parse, const struct config_option *option, char *value)
{
    uint64_t count;

    if (strspn(value, "0123456789") != strlen(value) || value_size(value, &count) != 0 || count == 0 ||
        count > UINT32_MAX)
        option_refuse(parse, "--%s %s: not a number of processes; e.g. 64", option->name, value);
    else
        parse->config->max_procs = (uint32_t)count;
}

/* A TCP port of this host's own address, 0: any free one; or unix:PATH. */
static void set_gdb(struct parse *parse, const struct config_option *option, char *value)
{
    uint64_t port;
    bool is_port = strspn(value, "0123456789") == strlen(value) && value_size(value, &port) == 0 && port <= UINT16_MAX;

    parse->config->gdb = value;
    if (!is_port && (strncmp(value, "unix:", 5) != 0 || value[5] == '\0'))
        option_refuse(parse, "--%s %s: neither a port nor unix:PATH; e.g. 1234", option->name, value);
}

static void set_accel(struct parse *parse, const struct config_option *option, char *value)
{
    static const char *const names[] = {[ACCEL_AUTO] = "auto", [ACCEL_KVM] = "kvm", [ACCEL_TCG] = "tcg"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            parse->config->accel = (enum config_accel)i;
            return;
        }
    }
    option_refuse(parse, "--%s %s: unknown; it is auto, kvm or tcg", option->name, value);
}

static void set_unmapped(struct parse *parse, const struct config_option *option, char *value)
{
    if (strcmp(value, "end") == 0)
        parse->config->unmapped = UNMAPPED_END;
    else if (strcmp(value, "ignore") == 0)
        parse->config->unmapped = UNMAPPED_IGNORE;
    else
        option_refuse(parse, "--%s %s: unknown; it is ignore or end", option->name, value);
}

static void set_sandbox(struct parse *parse, const struct config_option *option, char *value)
{
    static const char *const names[] = {
        [SANDBOX_FULL] = "full", [SANDBOX_PARTIAL] = "partial", [SANDBOX_NONE] = "none"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            parse->config->sandbox = (enum sandbox_level)i;
            return;
        }
    }
    option_refuse(parse, "--%s %s: unknown; it is full, partial or none", option->name, value);
}

static void set_trace(struct parse *parse, const struct config_option *option, char *value)
{
    (void)option;
    parse->config->trace = true;
    parse->config->trace_calls = value;
}

static void set_append(struct parse *parse, const struct config_option *option, char *value)
{
    (void)option;
    parse->config->append = value; /* an empty one does no harm */
}

static void set_pflash(struct parse *parse, const struct config_option *option, char *value)
{
    file_words_cut(value, &parse->config->pflash);
    if (*value == '\0')
        option_refuse(parse, "--%s: the file name is empty", option->name);
}

static void add_disk(struct parse *parse, const struct config_option *option, char *value)
{
    struct config *config = parse->config;

    (void)option;
    if (config->disk_count == CONFIG_DISKS) {
        option_refuse(parse, "--disk %s: too many disks; at most %u", value, CONFIG_DISKS);
        return;
    }
    struct config_file *disk = &config->disk[config->disk_count++];
    file_words_cut_disk(value, disk);
    if (*value == '\0')
        option_refuse(parse, "--disk: the file name is empty");
    else if (disk->changes != NULL && *disk->changes == '\0')
        option_refuse(parse, "--disk %s,cow=: the name of the file that keeps the changes is empty", value);
}

/* The root file system is the first, wherever it stands: the others lie in it. */
static void add_share(struct parse *parse, const struct config_share *share, bool is_root)
{
    struct config *config = parse->config;

    if (config->share_count == SHARE_MAX) {
        option_refuse(parse, "%s %s: too many shared folders; at most %u", is_root ? "--root" : "-v", share->host,
                      SHARE_MAX);
        return;
    }
    if (is_root)
        memmove(&config->share[1], &config->share[0], config->share_count * sizeof(*share));
    config->share[is_root ? 0 : config->share_count] = *share;
    config->share_count++;
}

static bool has_share(const struct config *config, const char *guest)
{
    for (unsigned i = 0; i < config->share_count; i++)
        if (strcmp(config->share[i].guest, guest) == 0)
            return true;
    return false;
}

static void set_root(struct parse *parse, const struct config_option *option, char *value)
{
    struct config_share share;
    char why[512];

    (void)option;
    if (!share_words_cut_root(value, &share, why, sizeof(why)))
        option_refuse(parse, "--root %s: %s", value, why);
    else if (has_share(parse->config, share.guest))
        option_refuse(parse, "--root %s: is given twice; there is one root file system", value);
    else
        add_share(parse, &share, true);
}

static void add_volume(struct parse *parse, const struct config_option *option, char *value)
{
    struct config_share share;
    char why[512];

    (void)option;
    if (!share_words_cut_volume(value, &share, why, sizeof(why)))
        option_refuse(parse, "-v %s: %s", value, why);
    else if (has_share(parse->config, share.guest))
        option_refuse(parse, "-v %s: the guest has another folder at %s already", value, share.guest);
    else
        add_share(parse, &share, false);
}

static void set_net(struct parse *parse, const struct config_option *option, char *value)
{
    char why[256];

    if (!net_words_mode(&parse->config->net, value, why, sizeof(why)))
        option_refuse(parse, "--%s %s: %s", option->name, value, why);
}

static void set_net_log(struct parse *parse, const struct config_option *option, char *value)
{
    parse->config->net.log = value;
    if (*value == '\0')
        option_refuse(parse, "--%s: the value is empty", option->name);
}

static void add_rule(struct parse *parse, const struct config_option *option, char *value)
{
    bool allow = strcmp(option->name, "allow") == 0;
    char why[256];

    if (!net_words_rule(&parse->config->net, allow, value, why, sizeof(why)))
        option_refuse(parse, "--%s %s: %s", option->name, value, why);
}

static void add_port(struct parse *parse, const struct config_option *option, char *value)
{
    char why[256];

    (void)option;
    if (!net_words_publish(&parse->config->net, value, why, sizeof(why)))
        option_refuse(parse, "-p %s: %s", value, why);
}

/* As docker has it: a name alone stands for what it is here. */
static void add_env(struct parse *parse, const struct config_option *option, char *value)
{
    struct config *config = parse->config;

    if (*value == '\0' || *value == '=')
        option_refuse(parse, "--%s %s: has no name; NAME=VALUE, or NAME for what that is here", option->name, value);
    else if (config->env_count == CONFIG_ENV)
        option_refuse(parse, "--%s %s: too many of these; at most %u", option->name, value, CONFIG_ENV);
    else
        config->env[config->env_count++] = value;
}

static void set_workdir(struct parse *parse, const struct config_option *option, char *value)
{
    parse->config->workdir = value;
    if (*value != '/')
        option_refuse(parse, "--%s %s: not an absolute path; e.g. /tmp", option->name, value);
}

/* The names are the guest's to look up. */
static void set_user(struct parse *parse, const struct config_option *option, char *value)
{
    const char *colon = strchr(value, ':');

    parse->config->user = value;
    if (*value == '\0' || *value == ':' || (colon != NULL && (colon[1] == '\0' || strchr(colon + 1, ':') != NULL)))
        option_refuse(parse, "--%s %s: not a user; UID, UID:GID or names, e.g. 1000:1000", option->name, value);
}

/* sethostname(2) takes any bytes, but people see them in their prompts. */
static void set_hostname(struct parse *parse, const struct config_option *option, char *value)
{
    size_t length = strlen(value);

    parse->config->hostname = value;
    for (const char *at = value; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~')
            length = 0;
    if (length == 0 || length > CONFIG_HOSTNAME_MAX)
        option_refuse(parse, "--%s %s: not a name of 1 to %u printable characters", option->name, value,
                      CONFIG_HOSTNAME_MAX);
}

/* What is done anyway: docker's users write it. */
static void set_nothing(struct parse *parse, const struct config_option *option, char *value)
{
    (void)parse, (void)option, (void)value;
}

/* Of `do`: what becomes of changes in the current folder. */
static void set_rw(struct parse *parse, const struct config_option *option, char *value)
{
    parse->config->folder = value == NULL ? FOLDER_RW : FOLDER_RW_ALL;
    if (value != NULL && strcmp(value, "all") != 0)
        option_refuse(parse,
                      "--%s=%s: unknown; --%s, or --%s=all, which lets CMD change .git/hooks and .git/config as well",
                      option->name, value, option->name, option->name);
}

static void set_help(struct parse *parse, const struct config_option *option, char *value)
{
    (void)option, (void)value;
    parse->help = true;
}

static void set_version(struct parse *parse, const struct config_option *option, char *value)
{
    (void)option, (void)value;
    parse->version = true;
}

/* ---- the lists ---- */

#define OPTION(long_name, called, setter, help) {.name = long_name, .argument = called, .set = setter, .text = help}
#define SHORT(short_name, long_name, called, setter, help) \
    {.name = long_name, .letter = short_name, .argument = called, .set = setter, .text = help}
#define STRING(long_name, called, member, help) \
    {.name = long_name, .argument = called, .set = set_string, .field = offsetof(struct config, member), .text = help}
#define VALUE(long_name, called, setter, member, help) \
    {.name = long_name, .argument = called, .set = setter, .field = offsetof(struct config, member), .text = help}
#define FLAG(long_name, member, help) \
    {.name = long_name, .set = set_flag, .field = offsetof(struct config, member), .text = help}
#define COMMON_OPTIONS                                     \
    OPTION("help", NULL, set_help, "Print this and exit"), \
        OPTION("version", NULL, set_version, "Print the version and exit"), {0}

const struct config_option options_run[] = {
    STRING("kernel", "FILE", kernel, "Boot this kernel, ELF or Linux's; without it, the bundled guest kernel"),
    STRING("initrd", "FILE", initrd, "Unpack this initramfs as the root file system, in memory; or give it to Linux"),
    OPTION("root-size", "SIZE", set_root_size, "Let that root file system grow so far; default: half of the memory"),
    OPTION("disk", "FILE[,ro|,cow[=FILE2]][,part=N]", add_disk,
           "Attach a disk image: read-only with ,ro; with ,cow changes are forgotten, or kept in FILE2; the first one "
           "is the root file system; up to 7"),
    OPTION("root", "DIR[,ro|,rw|,cow[=DIR2]]", set_root,
           "Take this folder of the host for the root file system; changes are forgotten, or kept in DIR2, or with ,rw "
           "made there"),
    SHORT('v', "volume", "HOST:GUEST[:MODE]", add_volume,
          "Share a folder or file of the host at the guest's path GUEST; MODE: rw (default), ro, cow, cow=DIR2, "
          "and ,root behind it for root's rights; up to 32"),
    OPTION("pflash", "FILE[,ro]", set_pflash, "Attach a flash image, where the machine has flash"),
    SHORT('m', "memory", "SIZE", set_memory, "Give the guest this much memory, in K, M, G or T; default 256M"),
    OPTION("cpus", "N", set_cpus, "Give the guest this many CPUs; default 1"),
    OPTION("append", "STR", set_append, "Pass options to the kernel"),
    OPTION("accel", "auto|kvm|tcg", set_accel, "Run by KVM, by QEMU's TCG, or by the one that works (default)"),
    STRING("arch", "ISA", arch,
           "The guest's instruction set, as uname -m or Debian call it; default: the kernel's, else the host's"),
    OPTION("unmapped", "ignore|end", set_unmapped,
           "End a guest that accesses memory where nothing is, and say where; default: ignore"),
    OPTION("sandbox", "full|partial|none", set_sandbox,
           "How lvmm locks itself in before the guest runs; partial: without Landlock; default: full"),
    FLAG("no-dax", no_dax,
         "Don't map pages of shared folders' files into the guest: it reads and writes copies of them"),
    FLAG("init", init, "The program is process 1, as a system's init or a container's program"),
    FLAG("verbose", verbose, "Say on stderr what is done and why"),
    VALUE("timeout", "TIME", set_time, timeout_ns,
          "End the guest after so many seconds, or 5m, 2h, 1d, with exit status 124"),
    VALUE("cpu-time", "TIME", set_time, cpu_time_ns, "The same when it has used so much of the host's CPUs"),
    VALUE("max-output", "SIZE", set_bytes, max_output,
          "The same when it writes more to standard output and error, of which so much is passed on"),
    VALUE("max-disk", "SIZE", set_bytes, max_disk, "The same when it writes more to its disks, in all"),
    OPTION("max-procs", "N", set_procs, "Let there be so many processes and threads at once; fork(2) fails beyond"),
    STRING("report", "FILE", report, "Write how it ended and what it used to FILE, or /dev/fd/N, as JSON"),
    STRING("timeline", "FILE", timeline, "Write where the time went to FILE, for Perfetto or chrome://tracing"),
    {.name = "trace",
     .argument = "CALLS",
     .may_lack_it = true,
     .set = set_trace,
     .text = "Print the program's system calls on stderr, all or openat,%process ...; SIGUSR2 turns that on and off"},
    FLAG("trace-raw", trace_raw, "The same with the bare registers"),
    STRING("trace-file", "FILE", trace_file, "Print them to FILE"),
    FLAG("stats", stats, "Print at the end the system calls, by name: time, calls, errors"),
    FLAG("dry-run", dry_run, "Print what would be run: memory, images, devices, QEMU's command line"),
    STRING("dump-dtb", "FILE", dump_dtb, "Write the guest's device tree to FILE, and run nothing"),
    OPTION("gdb", "PORT|unix:PATH", set_gdb, "Let gdb connect there, to a guest that QEMU runs"),
    FLAG("wait", gdb_wait, "With --gdb: hold the guest before its first instruction"),
    OPTION("net", "none|public|all", set_net,
           "What the guest may reach: nothing (default), the Internet, or everything"),
    OPTION("allow", "HOST|CIDR[:PORT]", add_rule, "Let it reach that too; the most exact of these options decides"),
    OPTION("deny", "HOST|CIDR[:PORT]", add_rule, "Don't let it reach that"),
    SHORT('p', "publish", "[ADDR:]PORT:GUESTPORT[/udp]", add_port,
          "Lead this port of the host, of 127.0.0.1 or ADDR, to a port of the guest; 0: a free one, which is printed"),
    OPTION("net-log", "FILE", set_net_log, "Write connections and denials to FILE, a line each"),
    SHORT('e', "env", "NAME[=VALUE]", add_env,
          "Set this in the program's environment; without =VALUE to what it is here"),
    SHORT('w', "workdir", "DIR", set_workdir, "Begin in this folder of the guest; default: /"),
    SHORT('u', "user", "USER[:GROUP]", set_user,
          "Be this user, by number or by a name in the guest's /etc/passwd; default: root"),
    OPTION("hostname", "NAME", set_hostname, "Call the guest so; default: lvmm"),
    {.name = "rw",
     .argument = "all",
     .may_lack_it = true,
     .set = set_rw,
     .text = "Let CMD change the current folder itself, all but .git/hooks and .git/config; with =all those as well"},
    FLAG("host-root", host_root, "Show all of this host's files, read-only, but /dev, /proc, /run, /sys and /tmp"),
    FLAG("env-host", env_host, "Pass on all of the environment; without it: PATH, HOME, USER, LANG, LC_*, TERM and TZ"),
    FLAG("diff", diff, "Print at the end what was changed in the current folder, as diff -u does"),
    FLAG("apply", apply, "Take over at the end what was changed in the current folder"),
    STRING("keep", "DIR", keep, "Keep what was changed in the current folder in DIR, for the next time"),
    SHORT('i', "interactive", NULL, set_nothing, "Accepted: standard input is the program's anyway"),
    SHORT('t', "tty", NULL, set_nothing, "Accepted: the program has a terminal where lvmm has one"),
    OPTION("rm", NULL, set_nothing, "Accepted: nothing is left of a guest anyway"),
    COMMON_OPTIONS,
};

const char *const options_not_of_run[] = {"rw", "host-root", "env-host", "diff", "apply", "keep", NULL};

/* A kernel, disks and machines of one's own are run's. */
const char *const options_not_of_do[] = {"kernel", "initrd",   "root-size", "disk",     "root", "pflash", "append",
                                         "arch",   "unmapped", "init",      "dump-dtb", "gdb",  "wait",   NULL};

const struct config_option options_doctor[] = {
    FLAG("json", json, "Print it as JSON"),
    COMMON_OPTIONS,
};

const struct config_option options_plain[] = {COMMON_OPTIONS};

_Static_assert(sizeof(options_run) / sizeof(options_run[0]) <= OPTIONS_MOST,
               "command_line.c has no room for all of them");
