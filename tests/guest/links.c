/* SPDX-License-Identifier: Apache-2.0 */
/* links.c - st_nlink of a directory: 2, and one for each directory in it. */
#include <sys/stat.h>

#include "show.h"

static void show_links(const char *what, const char *path)
{
    struct stat st;

    printf("%s: %lu\n", what, stat(path, &st) != 0 ? 0ul : (unsigned long)st.st_nlink);
}

int main(int argc, char **argv)
{
    if (argc != 2 || chdir(argv[1]) != 0)
        return 2;
    mkdir("links", 0755);
    show_links("empty", "links");
    mkdir("links/one", 0755);
    mkdir("links/two", 0755);
    close(open("links/file", O_WRONLY | O_CREAT, 0644));
    show_links("two directories and a file", "links");
    show_links("a directory in it", "links/one");
    show_links("a file in it", "links/file");
    rename("links/two", "links/one/two");
    show_links("one moved into the other", "links");
    show_links("the other", "links/one");
    rmdir("links/one/two");
    show_links("without it", "links/one");
    rmdir("links/one");
    unlink("links/file");
    show_links("empty again", "links");
    rmdir("links");
    return 0;
}
