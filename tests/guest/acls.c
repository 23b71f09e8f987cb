/* SPDX-License-Identifier: Apache-2.0 */
/* acls.c - access control lists (acl(5)) of files in memory: what is a list, who may set it, what it does to the mode
 * and the mode to it, what new files inherit, and whom it lets do what. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/xattr.h>

#include "tree.h"

#define ACCESS "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"
#define ENTRIES_MAX 20

struct list {
    uint32_t version;
    struct {
        uint16_t tag, rights;
        uint32_t id;
    } entry[ENTRIES_MAX];
};

/* Of words as "u::7 u:5:4 g::5 m::5 o::0", without the colons: u7 u5:4 g5 m5 o0. The size. */
static size_t list_make(struct list *list, const char *text)
{
    size_t count = 0;

    list->version = 2;
    for (; *text != 0; text += strcspn(text, " "), text += *text == ' ') {
        unsigned tag = text[0] == 'u' ? 1 : text[0] == 'g' ? 4 : text[0] == 'm' ? 0x10 : 0x20, id = UINT32_MAX, rights;

        if (sscanf(text + 1, "%u:%u", &id, &rights) == 2) {
            tag *= 2;
        } else {
            rights = id;
            id = UINT32_MAX;
        }
        list->entry[count].tag = (uint16_t)tag;
        list->entry[count].rights = (uint16_t)rights;
        list->entry[count++].id = id;
    }
    return sizeof(list->version) + count * sizeof(list->entry[0]);
}

static long set(const char *path, const char *name, const char *text)
{
    struct list list;
    size_t size = list_make(&list, text);

    return setxattr(path, name, &list, size, 0);
}

static void try(const char *path, const char *name, const char *text)
{
    char what[200];

    snprintf(what, sizeof(what), "%s: %s", strcmp(name, ACCESS) == 0 ? "access" : "default", text);
    show(what, set(path, name, text));
}

static void list_show(const char *path, const char *name)
{
    struct list list;
    ssize_t size = getxattr(path, name, &list, sizeof(list));

    if (size < 0) {
        printf(" %s", error_name(errno));
        return;
    }
    for (ssize_t i = 0; i < (size - 4) / 8; i++) {
        unsigned tag = list.entry[i].tag;

        printf(" %c", tag < 4 ? 'u' : tag < 0x10 ? 'g' : tag == 0x10 ? 'm' : 'o');
        if (tag == 2 || tag == 8)
            printf("%u:", list.entry[i].id);
        printf("%u", list.entry[i].rights);
        if (tag != 2 && tag != 8 && list.entry[i].id != UINT32_MAX)
            printf("(%u)", list.entry[i].id);
    }
}

static void all_show(const char *path)
{
    struct stat st;

    lstat(path, &st);
    printf("  %s: %o,", path, (unsigned)st.st_mode & 07777);
    list_show(path, ACCESS);
    printf(" |");
    list_show(path, DEFAULT);
    printf("\n");
}

/* ---- what is a list ---- */

static void lists(void)
{
    static const char *const texts[] = {
        "u7 g5 o0",
        "u6 u5:4 g4 m4 o0",
        "u7 u5:4 u5:6 u3:1 g0 g9:7 g7:1 m6 o1",
        "u7 g5 m7 o0",
        "u7 g5 g7:5 m0 o0",
        "u7 u5:4 g5 o0",
        "u7 g5 g7:5 o0",
        "u7 g5",
        "g5 u7 o0",
        "u7 o0 g5",
        "u7 g5 o0 m7",
        "u7 g5 m7",
        "u7 g5 m7 m7 o0",
        "u7 u7 g5 o0",
        "u7 g5 g5 o0",
        "u7 g5 o0 o0",
        "u7 g5 g7:1 u5:1 m7 o0",
        "u7 u4294967295:4 g5 m7 o0",
        "u8 g5 o0",
        "u7 u5:15 g5 m7 o0",
    };
    struct list list = {.version = 2};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        tree_file("f", "content", 0640);
        try("f", ACCESS, texts[i]);
        all_show("f");
        unlink("f");
    }
    tree_file("f", "content", 0640);
    show("no entries", setxattr("f", ACCESS, &list, 4, 0));
    show("nothing", setxattr("f", ACCESS, &list, 0, 0));
    show("too short", setxattr("f", ACCESS, &list, 3, 0));
    show("half an entry", setxattr("f", ACCESS, &list, 8, 0));
    list.version = 1;
    show("another version", setxattr("f", ACCESS, &list, 4, 0));
    show("another version, half an entry", setxattr("f", ACCESS, &list, 8, 0));
    list.version = 2;
    list.entry[0].tag = 3;
    show("no such tag", setxattr("f", ACCESS, &list, 12, 0));
    show("to be created", setxattr("f", ACCESS, &list, list_make(&list, "u6 u5:4 g4 m4 o0"), XATTR_CREATE));
    show("to be created again", setxattr("f", ACCESS, &list, list_make(&list, "u6 u6:4 g4 m4 o0"), XATTR_CREATE));
    all_show("f");
    show("size", getxattr("f", ACCESS, NULL, 0));
    show("too little room", getxattr("f", ACCESS, &list, 43));
    show("remove", removexattr("f", ACCESS));
    show("remove again", removexattr("f", ACCESS));
    show("to be replaced", setxattr("f", ACCESS, &list, list_make(&list, "u6 u5:4 g4 m4 o0"), XATTR_REPLACE));
    show("another name", setxattr("f", "system.posix_acl_other", "x", 1, 0));
    show("another name", getxattr("f", "system.posix_acl_other", NULL, 0));
    all_show("f");
    unlink("f");
}

static void names_of(const char *path)
{
    char names[200];
    ssize_t size = listxattr(path, names, sizeof(names));

    printf("  %zd:", size);
    for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1)
        printf(" %s", names + at);
    printf(", %zd\n", listxattr(path, NULL, 0));
}

static void kinds(void)
{
    mkdir("d", 0755);
    tree_file("f", "content", 0644);
    mkfifo("p", 0644);
    if (symlink("f", "l") != 0)
        exit(2);
    try("f", DEFAULT, "u7 g5 o0");
    show("remove", removexattr("f", DEFAULT));
    show("get", getxattr("f", DEFAULT, NULL, 0));
    try("p", ACCESS, "u7 u5:4 g5 m7 o0");
    all_show("p");
    try("d", DEFAULT, "u7 g5 o0");
    all_show("d");
    names_of("d");
    try("d", ACCESS, "u7 u5:4 g5 m7 o0");
    show("another attribute", setxattr("d", "user.x", "1", 1, 0));
    names_of("d");
    show("too little room", listxattr("d", (char[30]){0}, 30));
    show("for the first two", listxattr("d", (char[49]){0}, 49));
    try("d", DEFAULT, "u7 u5:4 g5 o0");
    show("remove", removexattr("d", DEFAULT));
    all_show("d");
    show("a link", lsetxattr("l", ACCESS, &(struct list){.version = 2}, 4, 0));
    show("a link", lgetxattr("l", ACCESS, NULL, 0));
    show("a link", lremovexattr("l", ACCESS));
    tree_clear();
}

static void as(unsigned user, unsigned group)
{
    if (seteuid(0) != 0 || setgroups(0, NULL) != 0 || setegid(group) != 0 || seteuid(user) != 0)
        exit(2);
}

static void rights(void)
{
    tree_file("f", "content", 0644);
    chown("f", 5, 6);
    as(7, 6);
    try("f", ACCESS, "u7 u7:7 g5 m7 o0");
    try("f", ACCESS, "u7");
    show("remove", removexattr("f", ACCESS));
    list_show("f", ACCESS);
    as(5, 9);
    try("f", ACCESS, "u7 u7:7 g5 m7 o0");
    as(0, 0);
    show("chmod", chmod("f", 02755));
    as(5, 9);
    try("f", ACCESS, "u7 u7:5 g5 m7 o0");
    as(0, 0);
    all_show("f");
    unlink("f");
}

/* ---- the mode ---- */

static void modes(void)
{
    tree_file("f", "content", 0640);
    try("f", ACCESS, "u6 u5:7 g4 g8:6 m5 o1");
    all_show("f");
    show("chmod", chmod("f", 0123));
    all_show("f");
    show("chmod", chmod("f", 06770));
    all_show("f");
    show("chown", chown("f", 9, 9));
    all_show("f");
    try("f", ACCESS, "u6 g2 o0");
    all_show("f");
    try("f", ACCESS, "u6 g2 m1 o0");
    all_show("f");
    show("remove", removexattr("f", ACCESS));
    all_show("f");
    unlink("f");
}

/* ---- what new files get ---- */

static void made(void)
{
    tree_file("d/f", "content", 0666);
    all_show("d/f");
    tree_file("d/x", "content", 0700);
    all_show("d/x");
    mkdir("d/s", 0777);
    all_show("d/s");
    mkdir("d/t", 02710);
    all_show("d/t");
    mkfifo("d/p", 0622);
    all_show("d/p");
    if (symlink("f", "d/l") != 0)
        exit(2);
    all_show("d/l");
    int fd = open("d", O_RDWR | O_TMPFILE, 0666);
    char path[40];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct stat st;
    fstat(fd, &st);
    printf("  without a name: %o", (unsigned)st.st_mode & 07777);
    list_show(path, ACCESS);
    printf("\n");
    close(fd);
    chdir("d");
    tree_clear();
    chdir("..");
}

static void inheritance(void)
{
    umask(027);
    mkdir("d", 0777);
    all_show("d");
    made();
    try("d", ACCESS, "u7 u5:4 g5 m7 o0");
    made();
    try("d", DEFAULT, "u7 g5 o2");
    made();
    try("d", DEFAULT, "u6 u5:7 g5 g8:2 m6 o4");
    made();
    try("d", DEFAULT, "u6 g5 m3 o4");
    made();
    show("remove", removexattr("d", DEFAULT));
    made();
    rmdir("d");
    umask(0);
}

/* ---- whom it lets do what ---- */

static void look(const char *who, unsigned user, unsigned group, unsigned other)
{
    const gid_t list[1] = {other};

    if (seteuid(0) != 0 || setgroups(1, list) != 0 || setegid(group) != 0 || seteuid(user) != 0)
        exit(2);
    printf("  %s:", who);
    for (unsigned wanted = 1; wanted <= 7; wanted++)
        printf(" %c", faccessat(AT_FDCWD, "f", (int)wanted, AT_EACCESS) == 0 ? (char)('0' + wanted) : '-');
    printf("\n");
    as(0, 0);
}

static void looks(const char *text, unsigned mode)
{
    tree_file("f", "content", 0);
    chown("f", 50, 60);
    try("f", ACCESS, text);
    if (mode != 0)
        chmod("f", mode);
    look("the owner", 50, 1, 1);
    look("the owner in a group", 50, 60, 81);
    look("the group", 1, 60, 1);
    look("a user", 71, 1, 1);
    look("a user in the group", 71, 60, 1);
    look("another user", 72, 1, 1);
    look("a named group", 1, 81, 1);
    look("a named group, otherwise", 1, 1, 81);
    look("two groups", 1, 60, 81);
    look("two others", 1, 81, 82);
    look("root", 0, 0, 0);
    look("anybody", 1, 1, 1);
    unlink("f");
}

static void access_to_directories(void)
{
    mkdir("d", 0777);
    tree_file("d/f", "content", 0666);
    try("d", ACCESS, "u7 u71:0 g7 g81:4 m7 o7");
    as(71, 1);
    show("a user who may not", open("d/f", O_RDONLY));
    show("make", mkdir("d/x", 0700));
    as(1, 81);
    show("search", open("d/f", O_RDONLY));
    show_ok("list", open("d", O_RDONLY));
    as(1, 1);
    show_ok("anybody", open("d/f", O_RDONLY));
    as(0, 0);
    tree_clear();
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    tree_enter("acls");
    lists();
    kinds();
    rights();
    modes();
    inheritance();
    looks("u4 u71:7 u72:0 g4 g81:6 g82:1 m7 o2", 0);
    looks("u4 u71:7 u72:0 g4 g81:6 g82:1 m5 o2", 0);
    looks("u0 u71:7 u72:0 g4 g81:6 g82:1 m0 o7", 0);
    looks("u7 u71:7 g0 g81:7 m7 o7", 0417);
    looks("u7 u71:1 g1 m7 o1", 0707);
    access_to_directories();
    tree_leave("acls");
    return 0;
}
