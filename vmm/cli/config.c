/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - argp reads the command line; every message is ours, one line each. */
#include "vmm/cli/config.h"

#include <argp.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "vmm/cli/file_words.h"
#include "vmm/cli/values.h"
#include "vmm/log.h"

#ifndef LVMM_VERSION
#define LVMM_VERSION "0.1"
#endif

#define MEMORY_DEFAULT (256ull << 20)
#define MEMORY_BARE_MIN (1ull << 20) /* less without a suffix: a forgotten one, as no machine is that small */
#define PAGE_BYTES 4096u

enum option_key {
    KEY_KERNEL = 256, /* above every character: there are no short options */
    KEY_INITRD,
    KEY_ROOT_SIZE,
    KEY_DISK,
    KEY_PFLASH,
    KEY_MEMORY,
    KEY_CPUS,
    KEY_APPEND,
    KEY_ACCEL,
    KEY_UNMAPPED,
    KEY_ARCH,
    KEY_VERBOSE,
    KEY_TIMEOUT,
    KEY_TIMELINE,
    KEY_TRACE,
    KEY_TRACE_RAW,
    KEY_TRACE_FILE,
    KEY_STATS,
    KEY_DRY_RUN,
    KEY_DUMP_DTB,
    KEY_GDB,
    KEY_WAIT,
    KEY_INIT,
    KEY_HELP,
    KEY_VERSION,
};

#define OPTION(long_name, option_key, argument, text) \
    {.name = long_name, .key = option_key, .arg = argument, .doc = text}
#define COMMON_OPTIONS                                     \
    OPTION("help", KEY_HELP, NULL, "Print this and exit"), \
        OPTION("version", KEY_VERSION, NULL, "Print the version and exit"), {0}

static const struct argp_option run_options[] = {
    OPTION("kernel", KEY_KERNEL, "FILE", "Boot this kernel, ELF or Linux's; without it, the bundled guest kernel"),
    OPTION("initrd", KEY_INITRD, "FILE",
           "Unpack this initramfs as the root file system, in memory; or give it to Linux"),
    OPTION("root-size", KEY_ROOT_SIZE, "SIZE", "Let that root file system grow so far; default: half of the memory"),
    OPTION(
        "disk", KEY_DISK, "FILE[,ro|,cow[=FILE2]][,part=N]",
        "Attach a disk image: read-only with ,ro; with ,cow changes are forgotten, or kept in FILE2; the first one is "
        "the root file system; up to 7"),
    OPTION("pflash", KEY_PFLASH, "FILE[,ro]", "Attach a flash image, where the machine has flash"),
    OPTION("memory", KEY_MEMORY, "SIZE", "Give the guest this much memory, in K, M, G or T; default 256M"),
    OPTION("cpus", KEY_CPUS, "N", "Give the guest this many CPUs; default 1"),
    OPTION("append", KEY_APPEND, "STR", "Pass options to the kernel"),
    OPTION("accel", KEY_ACCEL, "auto|kvm|tcg", "Run by KVM, by QEMU's TCG, or by the one that works (default)"),
    OPTION("arch", KEY_ARCH, "ISA",
           "The guest's instruction set, as uname -m or Debian call it; default: the kernel's, else the host's"),
    OPTION("unmapped", KEY_UNMAPPED, "ignore|end",
           "End a guest that accesses memory where nothing is, and say where; default: ignore"),
    OPTION("init", KEY_INIT, NULL, "The program is process 1, as a system's init or a container's program"),
    OPTION("verbose", KEY_VERBOSE, NULL, "Say on stderr what is done and why"),
    OPTION("timeout", KEY_TIMEOUT, "TIME", "End the guest after so many seconds, or 5m, 2h, 1d, with exit status 124"),
    OPTION("timeline", KEY_TIMELINE, "FILE", "Write where the time went to FILE, for Perfetto or chrome://tracing"),
    {.name = "trace",
     .key = KEY_TRACE,
     .arg = "CALLS",
     .flags = OPTION_ARG_OPTIONAL,
     .doc = "Print the program's system calls on stderr, all or openat,%process ...; SIGUSR2 turns that on and off"},
    OPTION("trace-raw", KEY_TRACE_RAW, NULL, "The same with the bare registers"),
    OPTION("trace-file", KEY_TRACE_FILE, "FILE", "Print them to FILE"),
    OPTION("stats", KEY_STATS, NULL, "Print at the end the system calls, by name: time, calls, errors"),
    OPTION("dry-run", KEY_DRY_RUN, NULL, "Print what would be run: memory, images, devices, QEMU's command line"),
    OPTION("dump-dtb", KEY_DUMP_DTB, "FILE", "Write the guest's device tree to FILE, and run nothing"),
    OPTION("gdb", KEY_GDB, "PORT|unix:PATH", "Let gdb connect there, to a guest that QEMU runs"),
    OPTION("wait", KEY_WAIT, NULL, "With --gdb: hold the guest before its first instruction"),
    COMMON_OPTIONS,
};

static const struct argp_option plain_options[] = {COMMON_OPTIONS};

/* What is typed as "lvmm NAME". */
struct command {
    const char *name;
    const char *title; /* of its help and in messages */
    enum config_command command;
    bool takes_program;
    struct argp argp;
};

#define NO_COMMAND "no command; try 'lvmm run --disk FILE', or 'lvmm help'"

struct parse {
    struct config *config;
    const struct command *command;
    bool refused; /* a message is out */
    bool help, version;
};

__attribute__((format(printf, 2, 3))) static void refuse(struct parse *parse, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (!parse->refused)
        log_error("%s", text);
    parse->refused = true;
}

/* ---- values ---- */

static void set_memory(struct parse *parse, const char *value)
{
    uint64_t *bytes = &parse->config->memory_bytes;
    int error = value_size(value, bytes);

    if (error == -ERANGE)
        refuse(parse, "--memory %s: more than any machine has; e.g. 256M", value);
    else if (error != 0)
        refuse(parse, "--memory %s: not a size; give a number with K, M, G or T, e.g. 256M", value);
    else if (*bytes == 0)
        refuse(parse, "--memory %s: is none at all; e.g. 256M", value);
    else if (*bytes < MEMORY_BARE_MIN && strspn(value, "0123456789") == strlen(value))
        refuse(parse, "--memory %s: that is %s bytes; %sM?", value, value, value);
    else if (*bytes % PAGE_BYTES != 0)
        refuse(parse, "--memory %s: not a multiple of 4K; e.g. 256M", value);
}

static void set_root_size(struct parse *parse, const char *value)
{
    uint64_t *bytes = &parse->config->root_bytes;

    if (value_size(value, bytes) != 0 || *bytes < PAGE_BYTES)
        refuse(parse, "--root-size %s: not a size; give a number with K, M, G or T, e.g. 128M", value);
}

/* How many a machine takes is the plan's to say. */
static void set_cpus(struct parse *parse, const char *value)
{
    uint64_t count;

    if (strspn(value, "0123456789") != strlen(value) || value_size(value, &count) != 0 || count == 0 ||
        count > UINT16_MAX)
        refuse(parse, "--cpus %s: not a number of CPUs; e.g. 2", value);
    else
        parse->config->cpus = (unsigned)count;
}

static void set_timeout(struct parse *parse, const char *value)
{
    int error = value_duration(value, &parse->config->timeout_ns);

    if (error == -ERANGE)
        refuse(parse, "--timeout %s: more than %u seconds", value, VALUE_SECONDS_MAX);
    else if (error != 0)
        refuse(parse, "--timeout %s: not a time; give seconds, or a number with s, m, h or d, e.g. 1.5 or 2m", value);
}

/* A TCP port of this host's own address, 0: any free one; or unix:PATH. */
static void set_gdb(struct parse *parse, const char *value)
{
    uint64_t port;
    bool is_port = strspn(value, "0123456789") == strlen(value) && value_size(value, &port) == 0 && port <= UINT16_MAX;

    parse->config->gdb = value;
    if (!is_port && (strncmp(value, "unix:", 5) != 0 || value[5] == '\0'))
        refuse(parse, "--gdb %s: neither a port nor unix:PATH; e.g. 1234", value);
}

static void set_accel(struct parse *parse, const char *value)
{
    static const char *const names[] = {[ACCEL_AUTO] = "auto", [ACCEL_KVM] = "kvm", [ACCEL_TCG] = "tcg"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            parse->config->accel = (enum config_accel)i;
            return;
        }
    }
    refuse(parse, "--accel %s: unknown; it is auto, kvm or tcg", value);
}

static void set_unmapped(struct parse *parse, const char *value)
{
    if (strcmp(value, "end") == 0)
        parse->config->unmapped = UNMAPPED_END;
    else if (strcmp(value, "ignore") == 0)
        parse->config->unmapped = UNMAPPED_IGNORE;
    else
        refuse(parse, "--unmapped %s: unknown; it is ignore or end", value);
}

static void set_file(struct parse *parse, const char *option, char *value, struct config_file *out)
{
    file_words_cut(value, out);
    if (*value == '\0')
        refuse(parse, "--%s: the file name is empty", option);
}

static void add_disk(struct parse *parse, char *value)
{
    struct config *config = parse->config;

    if (config->disk_count == CONFIG_DISKS) {
        refuse(parse, "--disk %s: too many disks; at most %u", value, CONFIG_DISKS);
        return;
    }
    struct config_file *disk = &config->disk[config->disk_count++];
    file_words_cut_disk(value, disk);
    if (*value == '\0')
        refuse(parse, "--disk: the file name is empty");
    else if (disk->changes != NULL && *disk->changes == '\0')
        refuse(parse, "--disk %s,cow=: the name of the file that keeps the changes is empty", value);
}

/* ---- options ---- */

static void set_program(struct parse *parse, struct argp_state *state, const char *first)
{
    if (!parse->command->takes_program) {
        refuse(parse, "%s: unexpected argument; see '%s --help'", first, parse->command->title);
        return;
    }
    if (*first == '\0')
        refuse(parse, "PROGRAM is empty; give the path of a program in the guest");
    parse->config->program = &state->argv[state->next - 1];
    state->next = state->argc; /* the rest is the program's */
}

/* Empty strings would be taken for "not given" later on. */
static void set_name(struct parse *parse, const char *option, const char *value, const char **out)
{
    *out = value;
    if (*value == '\0')
        refuse(parse, "--%s: the value is empty", option);
}

/* ---- options that are wrong ---- */

/* The option of that name, which ends at `length`; NULL: none. */
static const struct argp_option *find_option(const struct argp_option *options, const char *name, size_t length)
{
    for (const struct argp_option *o = options; o->name != NULL; o++)
        if (strncmp(o->name, name, length) == 0 && o->name[length] == '\0')
            return o;
    return NULL;
}

/* "; write it in full: --cpus" if the name begins that of an option or several, else nothing. */
static void name_candidates(const struct parse *parse, const char *name, size_t length, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (const struct argp_option *o = parse->command->argp.options; o->name != NULL; o++)
        if (length > 0 && strncmp(o->name, name, length) == 0 && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s --%s", used == 0 ? "; write it in full:" : " or",
                                     o->name);
}

static void refuse_unknown(struct parse *parse, const char *word)
{
    char candidates[256] = "";

    if (word[0] == '-' && word[1] == '-' && find_option(run_options, word + 2, strcspn(word + 2, "=")) != NULL) {
        refuse(parse, "%s: is an option of run: lvmm run %s ...", word, word);
        return;
    }
    if (word[0] == '-' && word[1] == '-')
        name_candidates(parse, word + 2, strcspn(word + 2, "="), candidates, sizeof(candidates));
    refuse(parse, "%s: unknown option%s; see '%s --help'", word, candidates, parse->command->title);
}

/* Whether argp refuses this word of argv, with a message if so. */
static bool explain(struct parse *parse, const char *word)
{
    if (word[0] != '-' || word[1] == '\0')
        return false;
    const char *name = word + 2;
    size_t length = strcspn(name, "=");
    bool has_value = name[length] == '=';
    const struct argp_option *option = word[1] == '-' ? find_option(parse->command->argp.options, name, length) : NULL;
    if (option == NULL)
        refuse_unknown(parse, word);
    else if ((option->arg != NULL) == has_value || (option->flags & OPTION_ARG_OPTIONAL) != 0)
        return false;
    else
        refuse(parse, "%s: this option %s; see '%s --help'", word, has_value ? "takes no value" : "needs a value",
               parse->command->title);
    return true;
}

/* An option that argp doesn't take. It doesn't say which: getopt has passed a long option already, but not yet a
 * cluster of short ones. */
static void refuse_option(struct parse *parse, const struct argp_state *state)
{
    if (state->next > 1 && explain(parse, state->argv[state->next - 1]))
        return;
    if (state->next < state->argc && explain(parse, state->argv[state->next]))
        return;
    refuse(parse, "bad option; see '%s --help'", parse->command->title);
}

/* getopt takes the beginning of a name for the name, which would change its meaning when there are more options. The
 * word is the one before a value of its own, else the last one. */
static bool is_spelled_out(struct parse *parse, const char *value, const struct argp_state *state)
{
    const char *word = state->argv[state->next - 1];

    if (word == value)
        word = state->argv[state->next - 2];
    if (find_option(parse->command->argp.options, word + 2, strcspn(word + 2, "=")) != NULL)
        return true;
    refuse_unknown(parse, word);
    return false;
}

/* Options whose value is taken as it is, and options without one. */
static const struct {
    int key;
    const char *option;
    size_t offset; /* in struct config: of a const char * */
} names[] = {
    {KEY_KERNEL, "kernel", offsetof(struct config, kernel)},
    {KEY_INITRD, "initrd", offsetof(struct config, initrd)},
    {KEY_ARCH, "arch", offsetof(struct config, arch)},
    {KEY_TIMELINE, "timeline", offsetof(struct config, timeline)},
    {KEY_TRACE_FILE, "trace-file", offsetof(struct config, trace_file)},
    {KEY_DUMP_DTB, "dump-dtb", offsetof(struct config, dump_dtb)},
};
static const struct {
    int key;
    size_t offset; /* of a bool */
} flags[] = {
    {KEY_VERBOSE, offsetof(struct config, verbose)}, {KEY_TRACE_RAW, offsetof(struct config, trace_raw)},
    {KEY_STATS, offsetof(struct config, stats)},     {KEY_DRY_RUN, offsetof(struct config, dry_run)},
    {KEY_WAIT, offsetof(struct config, gdb_wait)},   {KEY_INIT, offsetof(struct config, init)},
};

/* Whether the key is one of those; then it is done. */
static bool set_plain(struct parse *parse, int key, char *value)
{
    char *config = (char *)parse->config;

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].key == key) {
            set_name(parse, names[i].option, value, (const char **)(config + names[i].offset));
            return true;
        }
    }
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (flags[i].key == key) {
            *(bool *)(config + flags[i].offset) = true;
            return true;
        }
    }
    return false;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct parse *parse = state->input;
    struct config *config = parse->config;

    if (key >= KEY_KERNEL && key <= KEY_VERSION && !is_spelled_out(parse, value, state))
        return 0;
    if (set_plain(parse, key, value))
        return 0;
    switch (key) {
    case KEY_TRACE:
        config->trace = true;
        config->trace_calls = value;
        return 0;
    case KEY_DISK:
        add_disk(parse, value);
        return 0;
    case KEY_PFLASH:
        set_file(parse, "pflash", value, &config->pflash);
        return 0;
    case KEY_MEMORY:
        set_memory(parse, value);
        return 0;
    case KEY_ROOT_SIZE:
        set_root_size(parse, value);
        return 0;
    case KEY_CPUS:
        set_cpus(parse, value);
        return 0;
    case KEY_APPEND:
        config->append = value;
        return 0;
    case KEY_ACCEL:
        set_accel(parse, value);
        return 0;
    case KEY_UNMAPPED:
        set_unmapped(parse, value);
        return 0;
    case KEY_TIMEOUT:
        set_timeout(parse, value);
        return 0;
    case KEY_GDB:
        set_gdb(parse, value);
        return 0;
    case KEY_HELP:
        parse->help = true;
        return 0;
    case KEY_VERSION:
        parse->version = true;
        return 0;
    case ARGP_KEY_ARG:
        set_program(parse, state, value);
        return 0;
    case ARGP_KEY_ERROR:
        refuse_option(parse, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- commands ---- */

static const struct command no_command = {
    .title = "lvmm",
    .argp = {.options = plain_options,
             .parser = parse_option,
             .args_doc = "COMMAND [ARG...]",
             .doc = "Run a Linux program in its own virtual machine.\n\n"
                    "  run               Run a program of a disk image\n"
                    "  doctor            Tell what this host offers, and what to install\n"
                    "  help [COMMAND]    Print this, or a command's options\n"
                    "  version           Print the version\n"
                    "\vFor example: lvmm run --disk root.img -- /bin/prog arg. See lvmm(1)."}};

static const struct command commands[] = {
    {.name = "run",
     .title = "lvmm run",
     .command = COMMAND_RUN,
     .takes_program = true,
     .argp = {.options = run_options,
              .parser = parse_option,
              .args_doc = "[--] [PROGRAM [ARG...]]",
              .doc =
                  "Run PROGRAM, or /sbin/init or /sbin/hello of the first disk, in its own virtual machine."
                  "\vThe exit status is the program's; 128 + n if signal n ended it; 124 after --timeout; 125 if lvmm "
                  "itself failed, a mistake on the command line included; 126 if PROGRAM can't be executed, 127 if it "
                  "isn't found. See lvmm(1)."}},
    {.name = "doctor",
     .title = "lvmm doctor",
     .command = COMMAND_DOCTOR,
     .argp = {.options = plain_options,
              .parser = parse_option,
              .doc = "Tell what this host offers for virtual machines, and what to install."}},
};

static const struct command *find_command(struct parse *parse, const char *name)
{
    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    if (*name == '\0')
        refuse(parse, "the command is empty; there are run, doctor, help and version, see 'lvmm help'");
    refuse(parse, "%s: unknown command; there are run, doctor, help and version, see 'lvmm help'", name);
    return &no_command;
}

/* What only all options together show. */
static void check_together(struct parse *parse)
{
    const struct config *config = parse->config;

    if (config->root_bytes != 0 && config->initrd == NULL)
        refuse(parse, "--root-size: bounds the root file system that is unpacked from --initrd FILE; give that too");
    if (config->root_bytes > config->memory_bytes)
        refuse(parse, "--root-size: that is more than the guest's memory; give it more with --memory");
    if (config->gdb_wait && config->gdb == NULL)
        refuse(parse, "--wait: holds the guest for gdb; give --gdb PORT with it, e.g. --gdb 1234");
    if (config->gdb != NULL && config->accel == ACCEL_KVM)
        refuse(parse, "--gdb %s: works in QEMU only so far, KVM has no stub yet; --accel tcg", config->gdb);
    if (config->unmapped == UNMAPPED_END && (config->gdb != NULL || config->accel == ACCEL_TCG))
        refuse(parse, "--unmapped end: QEMU doesn't tell of such an access, KVM does; leave out %s",
               config->gdb != NULL ? "--gdb" : "--accel tcg");
}

static void parse_words(struct parse *parse, int argc, char **argv)
{
    parse->config->command = parse->command->command;
    argp_parse(&parse->command->argp, argc, argv, ARGP_IN_ORDER | ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP, NULL,
               parse);
    check_together(parse);
}

/* "lvmm help [COMMAND]" is "lvmm [COMMAND] --help", "lvmm version" is "lvmm --version". */
static void parse_command(struct parse *parse, int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : NULL;
    int most = 2;

    if (first == NULL) {
        refuse(parse, NO_COMMAND);
    } else if (strcmp(first, "version") == 0) {
        parse->version = true;
    } else if (strcmp(first, "help") == 0) {
        parse->help = true;
        most = 3;
        if (argc > 2 && strcmp(argv[2], "help") != 0 && strcmp(argv[2], "version") != 0)
            parse->command = find_command(parse, argv[2]);
    } else if (first[0] == '-') {
        parse_words(parse, argc, argv);
        return;
    } else {
        parse->command = find_command(parse, first);
        if (!parse->refused)
            parse_words(parse, argc - 1, argv + 1);
        return;
    }
    if (argc > most)
        refuse(parse, "%s: unexpected argument; see 'lvmm help'", argv[most]);
}

int config_parse(int argc, char **argv, struct config *out, int *status)
{
    struct parse parse = {.config = out, .command = &no_command};

    *out = (struct config){.command = COMMAND_RUN, .memory_bytes = MEMORY_DEFAULT, .cpus = 1};
    parse_command(&parse, argc, argv);
    if (!parse.refused && !parse.help && !parse.version && parse.command == &no_command) /* "lvmm --" */
        refuse(&parse, NO_COMMAND);
    *status = parse.refused ? EXIT_LVMM : 0;
    if (parse.refused)
        return -1;
    if (parse.help) {
        argp_help(&parse.command->argp, stdout,
                  ARGP_HELP_USAGE | ARGP_HELP_PRE_DOC | ARGP_HELP_LONG | ARGP_HELP_POST_DOC,
                  (char *)(uintptr_t)parse.command->title);
        return -1;
    }
    if (parse.version) {
        printf("lvmm %s\n", LVMM_VERSION);
        return -1;
    }
    return 0;
}
