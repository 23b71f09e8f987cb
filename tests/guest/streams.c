/* SPDX-License-Identifier: Apache-2.0 */
/* streams.c - stdio: formatted output and input, buffering, seeking, temporary contents, stderr. */
#include "show.h"

int main(int argc, char **argv)
{
    char line[64];
    int number = 0;
    double real = 0;

    enter(argc, argv);
    printf("%d %x %s %c %5.2f %-6s| %06d %lld %p\n", -5, 255, "text", 'c', 3.14159, "left", 42, 1234567890123ll,
           (void *)0x1000);
    FILE *file = fopen("stream.txt", "w+");
    show_bool("fopen", file != NULL);
    for (int i = 0; i < 1000; i++)
        fprintf(file, "line %d %.3f\n", i, i / 7.0);
    show("ftell", ftell(file));
    rewind(file);
    int lines = 0;
    while (fgets(line, sizeof(line), file) != NULL)
        lines++;
    show("lines", lines);
    show("fseek", fseek(file, 5, SEEK_SET));
    show("fscanf", fscanf(file, "%d %lf", &number, &real));
    printf("  %d %.3f\n", number, real);
    show("ungetc", ungetc('z', file));
    show("fgetc", fgetc(file));
    show("fclose", fclose(file));
    show_bool("fopen of nothing", fopen("none", "r") == NULL);
    show("remove", remove("stream.txt"));
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("not buffered %d\n", 1);
    fprintf(stderr, "this is for stderr\n");
    printf("the last line has no newline");
    return 0;
}
