/* SPDX-License-Identifier: Apache-2.0 */
/* task.c - see task.h. */
#include "vmm/cli/task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies the strings one after the other. */
static int join(char *const *strings, char **out, size_t *out_size)
{
    size_t size = 0, at = 0;

    for (unsigned i = 0; strings[i] != NULL; i++)
        size += strlen(strings[i]) + 1;
    *out = malloc(size + 1);
    if (*out == NULL)
        return -ENOMEM;
    for (unsigned i = 0; strings[i] != NULL; i++) {
        size_t length = strlen(strings[i]) + 1;
        memcpy(*out + at, strings[i], length);
        at += length;
    }
    *out_size = size;
    return 0;
}

/* The environment that is being made: each name once. */
struct environment {
    char *string[CONFIG_ENV + 4]; /* owned; the last one NULL */
    unsigned count;
};

/* Takes over `string`, "NAME=VALUE", in place of the one of that name, if there is one. NULL: -ENOMEM. */
static int environment_set(struct environment *environment, char *string)
{
    unsigned at = 0;

    if (string == NULL)
        return -ENOMEM;
    size_t name = strcspn(string, "=") + 1;
    while (at < environment->count && strncmp(environment->string[at], string, name) != 0)
        at++;
    if (at == environment->count)
        environment->count++;
    free(environment->string[at]);
    environment->string[at] = string;
    return 0;
}

/* What the caller's environment has by that name. Nothing: it isn't set in the guest, either. */
static int environment_set_as_here(struct environment *environment, const char *name)
{
    const char *value = getenv(name);
    char *string;

    if (value == NULL)
        return 0;
    return environment_set(environment, asprintf(&string, "%s=%s", name, value) < 0 ? NULL : string);
}

static int environment_fill(struct environment *environment, const struct config *config, bool has_terminal)
{
    const char *term = has_terminal ? getenv("TERM") : NULL;
    int error =
        environment_set(environment, strdup("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));

    if (error == 0 && config->user == NULL)
        error = environment_set(environment, strdup("HOME=/"));
    if (error == 0 && term != NULL)
        error = environment_set_as_here(environment, "TERM");
    else if (error == 0)
        error = environment_set(environment, strdup("TERM=linux"));
    for (unsigned i = 0; error == 0 && i < config->env_count; i++)
        error = strchr(config->env[i], '=') != NULL ? environment_set(environment, strdup(config->env[i]))
                                                    : environment_set_as_here(environment, config->env[i]);
    return error;
}

int task_init(struct task *task, const struct config *config, bool has_terminal)
{
    struct environment environment = {.count = 0};
    int error = environment_fill(&environment, config, has_terminal);

    *task = (struct task){0};
    if (error == 0)
        error = join(environment.string, &task->envp, &task->envp_size);
    for (unsigned i = 0; i < environment.count; i++)
        free(environment.string[i]);
    if (error == 0 && config->program != NULL)
        error = join(config->program, &task->argv, &task->argv_size);
    return error;
}
