/* SPDX-License-Identifier: Apache-2.0 */
/* command_line.c - argp reads the command line; every message is ours, one line each. */
#include "vmm/cli/command_line.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "vmm/cli/option.h"
#include "vmm/cli/options.h"
#include "vmm/log.h"

#ifndef LVMM_VERSION
#define LVMM_VERSION "0.1"
#endif

#define MEMORY_DEFAULT (256ull << 20)

/* What is typed as "lvmm NAME". */
struct command {
    const char *name;
    const char *title; /* of its help and in messages */
    enum config_command command;
    bool takes_program;
    const struct config_option *options;
    const char *const *without; /* what it doesn't take of these, NULL at the end; NULL: it takes all */
    const char *args_doc, *doc; /* argp's */
};

#define NO_COMMAND "no command; try 'lvmm run --disk FILE', or 'lvmm help'"

static void set_program(struct parse *parse, struct argp_state *state, const char *first)
{
    if (!parse->command->takes_program) {
        option_refuse(parse, "%s: unexpected argument; see '%s --help'", first, parse->command->title);
        return;
    }
    if (*first == '\0')
        option_refuse(parse, "PROGRAM is empty; give the path of a program in the guest");
    parse->config->program = &state->argv[state->next - 1];
    state->next = state->argc; /* the rest is the program's */
}

/* ---- options that are wrong ---- */

static bool takes(const struct command *command, const struct config_option *option)
{
    for (const char *const *name = command->without; name != NULL && *name != NULL; name++)
        if (strcmp(*name, option->name) == 0)
            return false;
    return true;
}

/* The command's option of that name, which ends at `length`; NULL: none. */
static const struct config_option *find_option(const struct command *command, const char *name, size_t length)
{
    for (const struct config_option *o = command->options; o->name != NULL; o++)
        if (strncmp(o->name, name, length) == 0 && o->name[length] == '\0' && takes(command, o))
            return o;
    return NULL;
}

/* The one with that short form; NULL: none. */
static const struct config_option *find_letter(const struct command *command, char letter)
{
    for (const struct config_option *o = command->options; o->name != NULL; o++)
        if (o->letter != 0 && o->letter == letter && takes(command, o))
            return o;
    return NULL;
}

/* The command that takes it, where this one doesn't; NULL: none does. */
static const struct command *find_taker(const char *name, size_t length);

/* "; write it in full: --cpus" if the name begins that of an option or several, else nothing. */
static void name_candidates(const struct parse *parse, const char *name, size_t length, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (const struct config_option *o = parse->command->options; o->name != NULL; o++)
        if (length > 0 && strncmp(o->name, name, length) == 0 && used < size && takes(parse->command, o))
            used += (size_t)snprintf(text + used, size - used, "%s --%s", used == 0 ? "; write it in full:" : " or",
                                     o->name);
}

static void refuse_unknown(struct parse *parse, const char *word)
{
    const struct command *taker;
    char candidates[256] = "";

    if (word[0] == '-' && word[1] == '-' && (taker = find_taker(word + 2, strcspn(word + 2, "="))) != NULL) {
        option_refuse(parse, "%s: is an option of %s: %s %s ...", word, taker->name, taker->title, word);
        return;
    }
    if (word[0] == '-' && word[1] == '-')
        name_candidates(parse, word + 2, strcspn(word + 2, "="), candidates, sizeof(candidates));
    else if (find_option(parse->command, word + 1, strcspn(word + 1, "=")) != NULL)
        snprintf(candidates, sizeof(candidates), "; it has two dashes: -%s", word);
    option_refuse(parse, "%s: unknown option%s; see '%s --help'", word, candidates, parse->command->title);
}

/* The same for a word of short ones: "-x", or several at once, of which the last may have a value. */
static bool explain_letters(struct parse *parse, const char *word)
{
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        const struct config_option *option = find_letter(parse->command, *letter);

        if (option == NULL) {
            refuse_unknown(parse, word);
            return true;
        }
        if (option->argument == NULL)
            continue;
        if (letter[1] != '\0')
            return false;
        option_refuse(parse, "-%c: this option needs a value; see '%s --help'", *letter, parse->command->title);
        return true;
    }
    return false;
}

/* Whether argp refuses this word of argv, with a message if so. */
static bool explain(struct parse *parse, const char *word)
{
    if (word[0] != '-' || word[1] == '\0')
        return false;
    if (word[1] != '-')
        return explain_letters(parse, word);
    const char *name = word + 2;
    size_t length = strcspn(name, "=");
    bool has_value = name[length] == '=';
    const struct config_option *option = find_option(parse->command, name, length);
    if (option == NULL)
        refuse_unknown(parse, word);
    else if ((option->argument != NULL) == has_value || option->may_lack_it)
        return false;
    else
        option_refuse(parse, "%s: this option %s; see '%s --help'", word,
                      has_value ? "takes no value" : "needs a value", parse->command->title);
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
    option_refuse(parse, "bad option; see '%s --help'", parse->command->title);
}

/* getopt takes the beginning of a name for the name, which would change its meaning when there are more options. The
 * word of a long option is the one before a value of its own, else the last one. */
static bool is_spelled_out(struct parse *parse, const char *value, const struct argp_state *state)
{
    const char *word = state->argv[state->next - 1];

    if (word == value)
        word = state->argv[state->next - 2];
    if (find_option(parse->command, word + 2, strcspn(word + 2, "=")) != NULL)
        return true;
    refuse_unknown(parse, word);
    return false;
}

/* argp's number of an option's long form, from its place in the list; that of a short one is the letter. */
#define KEY_FIRST 256

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct parse *parse = state->input;
    const struct config_option *option;

    switch (key) {
    case ARGP_KEY_ARG:
        set_program(parse, state, value);
        return 0;
    case ARGP_KEY_ERROR:
        refuse_option(parse, state);
        return 0;
    case ARGP_KEY_INIT:
    case ARGP_KEY_FINI:
    case ARGP_KEY_SUCCESS:
    case ARGP_KEY_END:
    case ARGP_KEY_NO_ARGS:
    case ARGP_KEY_ARGS:
        return ARGP_ERR_UNKNOWN;
    default:
        break;
    }
    option = key >= KEY_FIRST ? &parse->command->options[key - KEY_FIRST] : find_letter(parse->command, (char)key);
    if (option != NULL && (key < KEY_FIRST || is_spelled_out(parse, value, state)))
        option->set(parse, option, value);
    return 0;
}

#define FORMS_MOST (2 * OPTIONS_MOST) /* with the short forms */

/* argp's form of a command's options, which is good for as long as `list` is. Both forms of an option have numbers of
 * their own, and one entry in the help. */
static struct argp argp_of(const struct command *command, struct argp_option list[FORMS_MOST])
{
    unsigned count = 0;
    int key = KEY_FIRST;

    for (const struct config_option *o = command->options; o->name != NULL; o++, key++) {
        if (!takes(command, o))
            continue;
        list[count++] = (struct argp_option){.name = o->name,
                                             .key = key,
                                             .arg = o->argument,
                                             .flags = o->may_lack_it ? OPTION_ARG_OPTIONAL : 0,
                                             .doc = o->text};
        if (o->letter != 0)
            list[count++] = (struct argp_option){.key = o->letter, .flags = OPTION_ALIAS};
    }
    list[count] = (struct argp_option){0};
    return (struct argp){.options = list, .parser = parse_option, .args_doc = command->args_doc, .doc = command->doc};
}

/* ---- commands ---- */

static const struct command no_command = {
    .title = "lvmm",
    .options = options_plain,
    .args_doc = "COMMAND [ARG...]",
    .doc = "Run a Linux program in its own virtual machine.\n\n"
           "  run               Run a program of a disk image\n"
           "  do                Run a command of this host in the current folder\n"
           "  doctor            Tell what this host offers, and what to install\n"
           "  help [COMMAND]    Print this, or a command's options\n"
           "  version           Print the version\n"
           "\vFor example: lvmm run --disk root.img -- /bin/prog arg. See lvmm(1).",
};

static const struct command commands[] = {
    {.name = "run",
     .title = "lvmm run",
     .command = COMMAND_RUN,
     .takes_program = true,
     .options = options_run,
     .without = options_not_of_run,
     .args_doc = "[--] [PROGRAM [ARG...]]",
     .doc = "Run PROGRAM, or /sbin/init or /sbin/hello of the first disk, in its own virtual machine."
            "\vThe exit status is the program's; 128 + n if signal n ended it; 124 after --timeout; 125 if lvmm "
            "itself failed, a mistake on the command line included; 126 if PROGRAM can't be executed, 127 if it "
            "isn't found. See lvmm(1)."},
    {.name = "do",
     .title = "lvmm do",
     .command = COMMAND_DO,
     .takes_program = true,
     .options = options_run,
     .without = options_not_of_do,
     .args_doc = "[--] CMD [ARG...]",
     .doc = "Run a command of this host in a virtual machine of its own: it sees the host's programs read-only, and "
            "the current "
            "folder, whose changes are forgotten unless an option says otherwise."
            "\vThe exit status is CMD's, or one of lvmm's own as with lvmm run. See lvmm(1)."},
    {.name = "doctor",
     .title = "lvmm doctor",
     .command = COMMAND_DOCTOR,
     .options = options_doctor,
     .doc = "Tell what this host offers for virtual machines, and what to install."},
};

static const struct command *find_taker(const char *name, size_t length)
{
    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (find_option(&commands[i], name, length) != NULL)
            return &commands[i];
    return NULL;
}

static const struct command *find_command(struct parse *parse, const char *name)
{
    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    if (*name == '\0')
        option_refuse(parse, "the command is empty; there are run, do, doctor, help and version, see 'lvmm help'");
    option_refuse(parse, "%s: unknown command; there are run, do, doctor, help and version, see 'lvmm help'", name);
    return &no_command;
}

/* What only all options together show. */
static void check_together(struct parse *parse)
{
    const struct config *config = parse->config;

    if (config->root_bytes != 0 && config->initrd == NULL)
        option_refuse(parse,
                      "--root-size: bounds the root file system that is unpacked from --initrd FILE; give that too");
    if (config_has_root(config) && (config->initrd != NULL || config->disk_count > 0))
        option_refuse(parse, "--root %s: the root file system is that of %s %s already; leave out one of the two",
                      config->share[0].host, config->initrd != NULL ? "--initrd" : "--disk",
                      config->initrd != NULL ? config->initrd : config->disk[0].path);
    if (config->net.log != NULL && config->net.mode == NET_NONE && config->net.rule_count == 0 &&
        config->net.port_count == 0)
        option_refuse(parse, "--net-log %s: the guest has no network; give --net, --allow or -p with it",
                      config->net.log);
    if (config->memory_bytes != 0 && config->root_bytes > config->memory_bytes)
        option_refuse(parse, "--root-size: that is more than the guest's memory; give it more with --memory");
    if (config->gdb_wait && config->gdb == NULL)
        option_refuse(parse, "--wait: holds the guest for gdb; give --gdb PORT with it, e.g. --gdb 1234");
    if (config->gdb != NULL && config->accel == ACCEL_KVM)
        option_refuse(parse, "--gdb %s: works in QEMU only so far, KVM has no stub yet; --accel tcg", config->gdb);
    if (config->unmapped == UNMAPPED_END && (config->gdb != NULL || config->accel == ACCEL_TCG))
        option_refuse(parse, "--unmapped end: QEMU doesn't tell of such an access, KVM does; leave out %s",
                      config->gdb != NULL ? "--gdb" : "--accel tcg");
}

/* The same of `do`: what becomes of changes in the current folder. */
static void check_changes(struct parse *parse)
{
    const struct config *config = parse->config;

    if (config->folder != FOLDER_COW && config->apply)
        option_refuse(parse, "--apply: with --rw changes are made in the current folder already; leave out one of two");
    if (config->folder != FOLDER_COW && config->diff)
        option_refuse(parse, "--diff: with --rw nothing is left to be shown; --diff --apply shows and makes changes");
    if (config->folder != FOLDER_COW && config->keep != NULL)
        option_refuse(parse, "--keep %s: with --rw nothing is left to be kept; leave out one of the two", config->keep);
    if (config->keep != NULL && config->diff)
        option_refuse(parse, "--diff: --keep %s has what was changed; leave out one of the two", config->keep);
}

static void parse_words(struct parse *parse, int argc, char **argv)
{
    struct argp_option list[FORMS_MOST];
    struct argp argp = argp_of(parse->command, list);

    parse->config->command = parse->command->command;
    parse->config->memory_bytes = parse->command->command == COMMAND_DO ? 0 : MEMORY_DEFAULT;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER | ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP, NULL, parse);
    check_together(parse);
    check_changes(parse);
}

/* "lvmm help [COMMAND]" is "lvmm [COMMAND] --help", "lvmm version" is "lvmm --version". */
static void parse_command(struct parse *parse, int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : NULL;
    int most = 2;

    if (first == NULL) {
        option_refuse(parse, NO_COMMAND);
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
        option_refuse(parse, "%s: unexpected argument; see 'lvmm help'", argv[most]);
}

static void print_help(const struct command *command)
{
    struct argp_option list[FORMS_MOST];
    struct argp argp = argp_of(command, list);

    argp_help(&argp, stdout, ARGP_HELP_USAGE | ARGP_HELP_PRE_DOC | ARGP_HELP_LONG | ARGP_HELP_POST_DOC,
              (char *)(uintptr_t)command->title);
}

int config_parse(int argc, char **argv, struct config *out, int *status)
{
    struct parse parse = {.config = out, .command = &no_command};

    *out = (struct config){.command = COMMAND_RUN,
                           .memory_bytes = MEMORY_DEFAULT,
                           .cpus = 1,
                           .max_output = METER_NO_LIMIT,
                           .max_disk = METER_NO_LIMIT};
    parse_command(&parse, argc, argv);
    if (!parse.refused && !parse.help && !parse.version && parse.command == &no_command) /* "lvmm --" */
        option_refuse(&parse, NO_COMMAND);
    *status = parse.refused ? EXIT_LVMM : 0;
    if (parse.refused)
        return -1;
    if (parse.help) {
        print_help(parse.command);
        return -1;
    }
    if (parse.version) {
        printf("lvmm %s\n", LVMM_VERSION);
        return -1;
    }
    return 0;
}
