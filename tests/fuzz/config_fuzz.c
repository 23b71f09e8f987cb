/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/cli/command_line.c vmm/cli/option.c vmm/cli/options.c vmm/cli/*_words.c vmm/cli/values.c
// vmm/net/address.c vmm/net/policy.c vmm/net/publish.c
/* config_fuzz.c - any words as a command line: a configuration within its bounds, or a message. */
#include "vmm/cli/command_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/cli/values.h"
#include "vmm/log.h"

#define WORDS 32

static unsigned messages;

void log_error(const char *fmt, ...)
{
    char line[4096];
    va_list args;

    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    messages++;
}

/* What a value means stays within what its type and the timer can hold. */
static void check_values(const char *text)
{
    uint64_t value;

    if (value_duration(text, &value) == 0 && value > (VALUE_SECONDS_MAX + 1ull) * 1000000000u)
        abort();
    if (value_size(text, &value) == 0 && (text[0] < '0' || text[0] > '9'))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *quiet;
    char name[] = "lvmm", run[] = "run", help[] = "help";
    char *argv[WORDS + 3] = {name};
    char *words = malloc(size + 1);
    struct config config;
    int argc = 1, status = -1;

    if (quiet == NULL)
        quiet = freopen("/dev/null", "w", stdout); /* --help */
    memcpy(words, data, size);
    words[size] = '\0';
    if (size > 0 && data[0] & 1)
        argv[argc++] = data[0] & 2 ? help : run;
    for (size_t at = 0; at < size && argc < WORDS + 2; at += strlen(words + at) + 1) {
        check_values(words + at);
        argv[argc++] = words + at;
    }
    messages = 0;
    if (config_parse(argc, argv, &config, &status) != 0) {
        if (status != 0 && (status != EXIT_LVMM || messages != 1))
            abort();
    } else if (messages != 0 || config.disk_count > CONFIG_DISKS || config.memory_bytes % 4096 != 0 || status != 0 ||
               (config.program != NULL && config.program[0][0] == '\0')) {
        abort();
    }
    free(words);
    return 0;
}
