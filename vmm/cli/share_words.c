/* SPDX-License-Identifier: Apache-2.0 */
/* share_words.c - see share_words.h. */
#include "vmm/cli/share_words.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char *const modes[] = {[SHARE_RO] = "ro", [SHARE_RW] = "rw", [SHARE_COW] = "cow"};

#define KEEPS "cow=" /* before the name of the folder that keeps the changes */

const char *share_words_mode(enum share_mode mode)
{
    return modes[mode];
}

/* False: that is no mode. */
static bool read_mode(const char *word, struct config_share *out)
{
    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(word, modes[i]) != 0)
            continue;
        out->mode = (enum share_mode)i;
        return true;
    }
    if (strncmp(word, KEEPS, strlen(KEEPS)) != 0)
        return false;
    out->mode = SHARE_COW;
    out->changes = word + strlen(KEEPS);
    return true;
}

/* Both. */
static bool check(const struct config_share *share, char *why, size_t why_size)
{
    const char *what = NULL;

    if (*share->host == '\0')
        what = "the name of the host's folder is empty";
    else if (share->changes != NULL && *share->changes == '\0')
        what = "the name of the folder that keeps the changes is empty; cow alone forgets them";
    if (what != NULL)
        snprintf(why, why_size, "%s", what);
    return what == NULL;
}

/* Makes /a//b/./c/ to /a/b/c, so that the same place has one name. False: there is a "..", which leads to where only
 * the guest could tell. */
static bool clean_path(char *path)
{
    char *to = path;

    for (const char *at = path; *at != '\0';) {
        at += strspn(at, "/");
        size_t length = strcspn(at, "/");

        if (length == 2 && strncmp(at, "..", 2) == 0)
            return false;
        if (length > 0 && !(length == 1 && *at == '.')) {
            *to++ = '/';
            memmove(to, at, length);
            to += length;
        }
        at += length;
    }
    if (to == path)
        *to++ = '/';
    *to = '\0';
    return true;
}

static bool check_guest(char *guest, const char *host, char *why, size_t why_size)
{
    if (*guest != '/')
        snprintf(why, why_size, "%s is not an absolute path of the guest; e.g. /mnt", *guest != '\0' ? guest : "\"\"");
    else if (strlen(guest) >= PATH_MAX)
        snprintf(why, why_size, "the guest's path is longer than %u bytes", PATH_MAX - 1);
    else if (!clean_path(guest))
        snprintf(why, why_size, "the guest's path has a .. in it; give it without");
    else if (strcmp(guest, "/") == 0)
        snprintf(why, why_size, "/ is the guest's root file system; --root %s gives it that", host);
    else
        return true;
    return false;
}

/* ",root" at the end: cut off. A FOLDER that ends so is given with a slash behind it. */
static bool cut_root_word(char *mode)
{
    char *comma = strrchr(mode, ',');

    if (comma == NULL || strcmp(comma, ",root") != 0)
        return false;
    *comma = '\0';
    return true;
}

bool share_words_cut_volume(char *value, struct config_share *out, char *why, size_t why_size)
{
    char *guest = strchr(value, ':');

    *out = (struct config_share){.host = value, .mode = SHARE_RW};
    if (guest == NULL) {
        snprintf(why, why_size, "doesn't say where the guest has it; HOST:GUEST, e.g. -v .:/mnt");
        return false;
    }
    *guest++ = '\0';
    out->guest = guest;
    char *mode = strchr(guest, ':');
    if (mode != NULL) {
        *mode++ = '\0';
        out->all_rights = cut_root_word(mode);
        if (!read_mode(mode, out)) {
            snprintf(why, why_size, "mode %s is unknown; it is " SHARE_MODES_V, *mode != '\0' ? mode : "\"\"");
            return false;
        }
    }
    return check(out, why, why_size) && check_guest(guest, value, why, why_size);
}

bool share_words_cut_root(char *value, struct config_share *out, char *why, size_t why_size)
{
    static const char suffix[] = "," KEEPS;
    char *comma = strrchr(value, ','), *keeps = NULL;

    *out = (struct config_share){.host = value, .guest = "/", .mode = SHARE_COW, .all_rights = true};
    for (char *at = strstr(value, suffix); at != NULL; at = strstr(at + 1, suffix))
        keeps = at;
    if (keeps != NULL)
        comma = keeps;
    if (comma != NULL && read_mode(comma + 1, out))
        *comma = '\0';
    return check(out, why, why_size);
}
