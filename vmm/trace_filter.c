/* SPDX-License-Identifier: Apache-2.0 */
/* trace_filter.c - see trace_filter.h. The rows of the table are marked that are wanted. */
#include "vmm/trace_filter.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest-kernel/abi/kinds.h"
#include "vmm/syscall_names.h"
#include "vmm/trace_classes.h"

#define WORD_MAX 128 /* bytes of a name */

struct trace_filter {
    bool others; /* those that aren't in the table */
    bool row[];  /* of syscall_names.h */
};

void trace_filter_destroy(struct trace_filter *filter)
{
    free(filter);
}

/* ---- what is meant ---- */

static unsigned add_name(struct trace_filter *filter, const char *name)
{
    unsigned found = 0;

    for (unsigned i = 0; i < syscall_rows(); i++) {
        if (strcmp(syscall_row_name(i), name) == 0) {
            filter->row[i] = true;
            found++;
        }
    }
    return found;
}

static unsigned add_class(struct trace_filter *filter, const char *name)
{
    const struct trace_class *class = trace_class_find(name);

    for (unsigned i = 0; i < syscall_rows() && class != NULL; i++)
        if (trace_class_has(class, syscall_row_name(i), syscall_row_kinds(i)))
            filter->row[i] = true;
    return class != NULL;
}

/* As extended regular expressions are, somewhere in the name. */
static unsigned add_matching(struct trace_filter *filter, const char *expression)
{
    unsigned found = 0;
    regex_t regex;

    if (regcomp(&regex, expression, REG_EXTENDED | REG_NOSUB) != 0)
        return 0;
    for (unsigned i = 0; i < syscall_rows(); i++) {
        if (regexec(&regex, syscall_row_name(i), 0, NULL, 0) == 0) {
            filter->row[i] = true;
            found++;
        }
    }
    regfree(&regex);
    return found;
}

static void add_all(struct trace_filter *filter)
{
    for (unsigned i = 0; i < syscall_rows(); i++)
        filter->row[i] = true;
    filter->others = true;
}

/* ---- what may have been meant ---- */

/* So many letters are to be changed, put in or left out to make one of the other (Levenshtein); of names that are not
 * too long. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1];
    size_t length = strlen(b);

    for (size_t i = 0; i <= length; i++)
        row[i] = (unsigned)i;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        unsigned corner = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= length; j++) {
            unsigned here = corner + (a[i - 1] != b[j - 1]), above = row[j] + 1, left = row[j - 1] + 1;

            corner = row[j];
            here = above < here ? above : here;
            row[j] = left < here ? left : here;
        }
    }
    return row[length];
}

static const char *nearest(const char *name)
{
    unsigned best = 3; /* more than that isn't a slip */
    const char *found = NULL;

    for (unsigned i = 0; i < syscall_rows(); i++) {
        unsigned apart = distance(name, syscall_row_name(i));

        if (apart < best) {
            best = apart;
            found = syscall_row_name(i);
        }
    }
    return found;
}

static void complain(const char *word, char *error, size_t size)
{
    const char *near;

    if (word[0] == '\0') {
        snprintf(error, size, "a name is missing; e.g. openat,read or %%file");
    } else if (word[0] == '%') {
        snprintf(error, size, "there is no class %s; there are %s", word, trace_class_names());
    } else if (word[0] == '/') {
        snprintf(error, size, "no system call's name is matched by %s", word + 1);
    } else {
        near = nearest(word);
        snprintf(error, size, "there is no system call %s%s%s%s", word, near != NULL ? "; " : "",
                 near != NULL ? near : "", near != NULL ? "?" : "; man syscalls has them all");
    }
}

/* ---- the words ---- */

static unsigned add_word(struct trace_filter *filter, const char *word)
{
    if (strcmp(word, "all") == 0) {
        add_all(filter);
        return 1;
    }
    if (strcmp(word, "none") == 0)
        return 1;
    if (word[0] == '%')
        return add_class(filter, word + 1);
    if (word[0] == '/')
        return add_matching(filter, word + 1);
    return add_name(filter, word);
}

/* False: `error` says what is wrong. */
static bool add_words(struct trace_filter *filter, const char *text, char *error, size_t size)
{
    char word[WORD_MAX];

    for (;; text++) {
        size_t length = strcspn(text, ",");
        bool optional = text[0] == '?';

        if (length >= sizeof(word)) {
            snprintf(error, size, "%.20s... is longer than any system call's name", text);
            return false;
        }
        memcpy(word, text, length);
        word[length] = '\0';
        if (add_word(filter, word + optional) == 0 && !(optional && length > 1)) {
            complain(word + optional, error, size);
            return false;
        }
        text += length;
        if (*text == '\0')
            return true;
    }
}

struct trace_filter *trace_filter_create(const char *text, char *error, size_t size)
{
    struct trace_filter *filter = calloc(1, sizeof(*filter) + syscall_rows() * sizeof(filter->row[0]));
    bool negated = text[0] == '!';

    if (filter == NULL) {
        snprintf(error, size, "no memory");
        return NULL;
    }
    if (!add_words(filter, text + negated, error, size)) {
        free(filter);
        return NULL;
    }
    for (unsigned i = 0; i < syscall_rows() && negated; i++)
        filter->row[i] = !filter->row[i];
    filter->others = filter->others != negated;
    return filter;
}

bool trace_filter_has(const struct trace_filter *filter, const char *isa, bool i386, uint32_t number)
{
    int row;

    if (filter == NULL)
        return true;
    row = syscall_row(isa, i386, number);
    return row >= 0 ? filter->row[row] : filter->others;
}
