/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - argp reads the command line; every message is ours, one line each. */
#include "vmm/cli/config.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "vmm/log.h"

#ifndef LVMM_VERSION
#define LVMM_VERSION "0.1"
#endif

#define MEMORY_DEFAULT (256ull << 20)
#define PAGE_BYTES 4096u
#define TIMEOUT_MAX_S 1000000000u
#define NS_PER_S 1000000000u

enum option_key {
    KEY_KERNEL = 256, /* above every character: there are no short options */
    KEY_DISK,
    KEY_PFLASH,
    KEY_MEMORY,
    KEY_CPUS,
    KEY_APPEND,
    KEY_ACCEL,
    KEY_ARCH,
    KEY_VERBOSE,
    KEY_TIMEOUT,
    KEY_TIMELINE,
    KEY_HELP,
    KEY_VERSION,
};

#define OPTION(long_name, option_key, argument, text) \
    {.name = long_name, .key = option_key, .arg = argument, .doc = text}
#define COMMON_OPTIONS                                     \
    OPTION("help", KEY_HELP, NULL, "Print this and exit"), \
        OPTION("version", KEY_VERSION, NULL, "Print the version and exit"), {0}

static const struct argp_option run_options[] = {
    OPTION("kernel", KEY_KERNEL, "FILE", "Boot this ELF kernel; without it, the bundled guest kernel"),
    OPTION("disk", KEY_DISK, "FILE[,ro]", "Attach a disk image; the first one is the root file system; up to 7"),
    OPTION("pflash", KEY_PFLASH, "FILE[,ro]", "Attach a flash image, where the machine has flash"),
    OPTION("memory", KEY_MEMORY, "SIZE", "Give the guest this much memory, in K, M, G or T; default 256M"),
    OPTION("cpus", KEY_CPUS, "N", "Give the guest this many CPUs; default 1"),
    OPTION("append", KEY_APPEND, "STR", "Pass options to the kernel"),
    OPTION("accel", KEY_ACCEL, "auto|kvm|tcg", "Run by KVM, by QEMU's TCG, or by the one that works (default)"),
    OPTION("arch", KEY_ARCH, "ISA", "The guest's instruction set; default: the kernel's, else the host's"),
    OPTION("verbose", KEY_VERBOSE, NULL, "Say on stderr what is done and why"),
    OPTION("timeout", KEY_TIMEOUT, "S", "End the guest after this many seconds, with exit status 124; 0: never"),
    OPTION("timeline", KEY_TIMELINE, "FILE", "Write where the time went to FILE, for Perfetto or chrome://tracing"),
    COMMON_OPTIONS,
};

static const struct argp_option plain_options[] = {COMMON_OPTIONS};

struct parse {
    struct config *config;
    const struct argp_option *options;
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

/* Digits with at most one suffix, in bytes. */
static bool parse_size(const char *text, uint64_t *out)
{
    static const char suffixes[] = "KMGT";
    const char *at = text;
    unsigned shift = 0;

    *out = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(*out, 10u, out) || __builtin_add_overflow(*out, (uint64_t)(*at - '0'), out))
            return false;
    if (at == text)
        return false;
    if (*at != '\0') {
        const char *suffix = strchr(suffixes, *at & ~0x20);
        if (suffix == NULL || *suffix == '\0' || at[1] != '\0')
            return false;
        shift = 10 * (unsigned)(suffix - suffixes + 1);
    }
    if (*out > UINT64_MAX >> shift)
        return false;
    *out <<= shift;
    return true;
}

/* Seconds with an optional fraction; what is finer than a nanosecond is dropped. */
static bool parse_seconds(const char *text, uint64_t *out_ns)
{
    uint64_t seconds = 0, fraction = 0, unit = NS_PER_S;
    const char *at = text;
    bool digits = false;

    for (; *at >= '0' && *at <= '9'; at++, digits = true) {
        seconds = seconds * 10 + (uint64_t)(*at - '0');
        if (seconds > TIMEOUT_MAX_S)
            return false;
    }
    if (*at == '.') {
        for (at++; *at >= '0' && *at <= '9'; at++, digits = true) {
            unit /= 10;
            fraction += (uint64_t)(*at - '0') * unit;
        }
    }
    *out_ns = seconds * NS_PER_S + fraction;
    return digits && *at == '\0';
}

static void set_memory(struct parse *parse, const char *value)
{
    if (!parse_size(value, &parse->config->memory_bytes))
        refuse(parse, "--memory %s: not a size; give a number with K, M, G or T, e.g. 256M", value);
    else if (parse->config->memory_bytes % PAGE_BYTES != 0)
        refuse(parse, "--memory %s: not a multiple of 4K; e.g. 256M", value);
}

/* How many a machine takes is the plan's to say. */
static void set_cpus(struct parse *parse, const char *value)
{
    uint64_t count;

    if (strspn(value, "0123456789") != strlen(value) || !parse_size(value, &count) || count == 0 || count > UINT16_MAX)
        refuse(parse, "--cpus %s: not a number of CPUs; e.g. 2", value);
    else
        parse->config->cpus = (unsigned)count;
}

static void set_timeout(struct parse *parse, const char *value)
{
    if (!parse_seconds(value, &parse->config->timeout_ns))
        refuse(parse, "--timeout %s: not a number of seconds up to %u; e.g. 1.5", value, TIMEOUT_MAX_S);
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

/* FILE[,ro]: only a final ",ro" is an option, so that any other name with a comma is a name. */
static void set_file(struct parse *parse, const char *option, char *value, struct config_file *out)
{
    size_t length = strlen(value);

    *out = (struct config_file){.path = value};
    if (length >= 3 && strcmp(value + length - 3, ",ro") == 0) {
        value[length - 3] = '\0';
        out->read_only = true;
    }
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
    set_file(parse, "disk", value, &config->disk[config->disk_count++]);
}

/* ---- options ---- */

static void set_program(struct parse *parse, struct argp_state *state, const char *first)
{
    if (parse->config->command != COMMAND_RUN) {
        refuse(parse, "%s: unexpected argument; see 'lvmm --help'", first);
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

/* An option that argp doesn't take: works out which of argv it was, and why. */
static const char *explain(const struct parse *parse, const char *token)
{
    if (token[0] != '-' || token[1] == '\0')
        return NULL;
    if (token[1] != '-')
        return "unknown option";
    const char *name = token + 2;
    size_t length = strcspn(name, "=");
    unsigned matches = 0;
    const struct argp_option *match = NULL;
    for (const struct argp_option *o = parse->options; o->name != NULL; o++) {
        if (strncmp(o->name, name, length) == 0) {
            match = o;
            matches++;
            if (o->name[length] == '\0') {
                matches = 1;
                break;
            }
        }
    }
    if (matches > 1)
        return "ambiguous option";
    if (match == NULL)
        return "unknown option";
    if (match->arg == NULL)
        return name[length] == '=' ? "this option takes no value" : NULL;
    return name[length] == '=' ? NULL : "this option needs a value";
}

static void refuse_option(struct parse *parse, const struct argp_state *state)
{
    /* getopt has passed a long option already, but not yet a cluster of short ones. */
    const char *last = state->next > 1 ? state->argv[state->next - 1] : "";
    const char *reason = explain(parse, last);

    if (reason == NULL && state->next < state->argc) {
        last = state->argv[state->next];
        reason = explain(parse, last);
    }
    refuse(parse, "%s: %s; see 'lvmm %s--help'", last, reason != NULL ? reason : "bad option",
           parse->config->command == COMMAND_RUN ? "run " : "");
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct parse *parse = state->input;
    struct config *config = parse->config;

    switch (key) {
    case KEY_KERNEL:
        set_name(parse, "kernel", value, &config->kernel);
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
    case KEY_CPUS:
        set_cpus(parse, value);
        return 0;
    case KEY_APPEND:
        config->append = value;
        return 0;
    case KEY_ACCEL:
        set_accel(parse, value);
        return 0;
    case KEY_ARCH:
        set_name(parse, "arch", value, &config->arch);
        return 0;
    case KEY_VERBOSE:
        config->verbose = true;
        return 0;
    case KEY_TIMEOUT:
        set_timeout(parse, value);
        return 0;
    case KEY_TIMELINE:
        set_name(parse, "timeline", value, &config->timeline);
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

static const char no_command_doc[] = "Run a Linux program in its own virtual machine."
                                     "\v'lvmm run' runs a program; 'lvmm run --help' lists its options. "
                                     "'lvmm doctor' tells what this host offers. See lvmm(1).";
static const char run_doc[] =
    "Run PROGRAM, or /sbin/init or /sbin/hello of the first disk, in its own virtual machine."
    "\vThe exit status is the program's; 128 + n if signal n ended it; 2 for a mistake on the command line, 124 after "
    "--timeout, 125 if lvmm itself failed. See lvmm(1).";
static const char doctor_doc[] = "Tell what this host offers for virtual machines, and what to install.";

static const struct argp no_command_argp = {
    .options = plain_options, .parser = parse_option, .args_doc = "run|doctor ...", .doc = no_command_doc};
static const struct argp run_argp = {
    .options = run_options, .parser = parse_option, .args_doc = "[--] [PROGRAM [ARG...]]", .doc = run_doc};
static const struct argp doctor_argp = {.options = plain_options, .parser = parse_option, .doc = doctor_doc};

/* Which parser, and how many words of argv it replaces. */
static const struct argp *choose(int argc, char **argv, struct parse *parse, const char **name)
{
    *name = "lvmm";
    parse->options = plain_options;
    if (argc < 2) {
        refuse(parse, "no command; try 'lvmm run --disk FILE', or 'lvmm --help'");
        return NULL;
    }
    if (strcmp(argv[1], "run") == 0) {
        *name = "lvmm run";
        parse->options = run_options;
        return &run_argp;
    }
    parse->config->command = COMMAND_DOCTOR;
    if (strcmp(argv[1], "doctor") == 0) {
        *name = "lvmm doctor";
        return &doctor_argp;
    }
    if (argv[1][0] == '-')
        return &no_command_argp;
    refuse(parse, "%s: unknown command; it is 'run' or 'doctor', see 'lvmm --help'", argv[1]);
    return NULL;
}

int config_parse(int argc, char **argv, struct config *out, int *status)
{
    struct parse parse = {.config = out};
    const char *name;

    *out = (struct config){.command = COMMAND_RUN, .memory_bytes = MEMORY_DEFAULT, .cpus = 1};
    const struct argp *argp = choose(argc, argv, &parse, &name);
    if (argp != NULL) {
        int skip = argp == &no_command_argp ? 0 : 1;
        argp_parse(argp, argc - skip, argv + skip, ARGP_IN_ORDER | ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP, NULL,
                   &parse);
    }
    *status = parse.refused ? EXIT_USAGE : 0;
    if (parse.refused)
        return -1;
    if (parse.help) {
        argp_help(argp, stdout, ARGP_HELP_USAGE | ARGP_HELP_PRE_DOC | ARGP_HELP_LONG | ARGP_HELP_POST_DOC,
                  (char *)(uintptr_t)name);
        return -1;
    }
    if (parse.version) {
        printf("lvmm %s\n", LVMM_VERSION);
        return -1;
    }
    if (argp == &no_command_argp) { /* "lvmm --" */
        log_error("no command; try 'lvmm run --disk FILE', or 'lvmm --help'");
        *status = EXIT_USAGE;
        return -1;
    }
    return 0;
}
