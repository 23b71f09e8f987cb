/* SPDX-License-Identifier: Apache-2.0 */
/* ldisc_test.c - the line discipline: what is typed, what is shown, what a program reads. */
// sources: guest-kernel/drv/ldisc.c guest-kernel/drv/ldisc_echo.c
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "drv/ldisc.h"
#include "drv/ldisc_echo.h"

static struct ldisc ldisc;
static char shown[65536];
static size_t shown_size;
static int signals[8];
static unsigned signal_count;

static void echo(void *owner, uint8_t byte)
{
    ck_assert_ptr_eq(owner, &ldisc);
    if (shown_size < sizeof(shown) - 1)
        shown[shown_size++] = (char)byte;
}

static void signal_sent(void *owner, int signal)
{
    (void)owner;
    if (signal_count < 8)
        signals[signal_count++] = signal;
}

static const struct ldisc_ops ops = {.echo = echo, .signal = signal_sent};

static void setup(void)
{
    memset(&ldisc, 0, sizeof(ldisc));
    memset(shown, 0, sizeof(shown));
    shown_size = signal_count = 0;
    ldisc_init(&ldisc, &ops, &ldisc);
}

static void set_flags(uint32_t iflag, uint32_t oflag, uint32_t lflag)
{
    struct termios termios = ldisc.termios;

    termios.c_iflag = iflag;
    termios.c_oflag = oflag;
    termios.c_lflag = lflag;
    ldisc_set(&ldisc, &termios);
}

static void type(const char *text)
{
    ck_assert_uint_eq(ldisc_receive(&ldisc, (const uint8_t *)text, strlen(text)), strlen(text));
}

/* A read of up to `size` bytes gives exactly this; NULL: nothing is ready. */
static void reads(size_t size, const char *expected)
{
    char got[8192];
    bool ended;
    size_t n;

    ck_assert_int_eq(ldisc_is_readable(&ldisc), expected != NULL);
    n = ldisc_read(&ldisc, (uint8_t *)got, size, &ended);
    got[n] = 0;
    if (expected != NULL)
        ck_assert_str_eq(got, expected);
    else
        ck_assert_uint_eq(n, 0);
}

static void shows(const char *expected)
{
    shown[shown_size] = 0;
    ck_assert_str_eq(shown, expected);
    shown_size = 0;
}

/* ---- canonical mode ---- */

START_TEST(a_line_is_read_when_it_is_complete)
{
    type("hel");
    reads(100, NULL);
    type("lo\rnext\n");
    reads(3, "hel");
    reads(100, "lo\n");
    reads(100, "next\n");
    reads(100, NULL);
    shows("hello\r\nnext\r\n");
}
END_TEST

START_TEST(editing)
{
    type("abx\177c\n"); /* DEL takes a character */
    shows("abx\b \bc\r\n");
    reads(100, "abc\n");
    type("\177\177q\n"); /* nothing to take */
    shows("q\r\n");
    reads(100, "q\n");
    type("one two  \027X\n"); /* ^W: the blanks and the word before them */
    reads(100, "one X\n");
    shown_size = 0;
    type("wrong\025ok\n"); /* ^U */
    shows("wrong\b \b\b \b\b \b\b \b\b \bok\r\n");
    reads(100, "ok\n");
    type("done\nab\177\177\177"); /* not into a line that is finished */
    reads(100, "done\n");
}
END_TEST

START_TEST(erasing_what_takes_several_columns)
{
    type("\001\177\n"); /* ^A is shown as two characters */
    shows("^A\b \b\b \b\r\n");
    reads(100, "\n");
    type("ab\tc\177\177d\n"); /* a tab goes back to where it began */
    shows("ab\tc\b \b\b\b\b\b\b\bd\r\n");
    reads(100, "abd\n");
    type("\303\251\177x\n"); /* one character of two bytes */
    shows("\303\251\b \bx\r\n");
    reads(100, "x\n");
}
END_TEST

START_TEST(a_tab_behind_a_prompt)
{
    uint8_t out[16];
    size_t made;

    ldisc_output(&ldisc, (const uint8_t *)"$ ", 2, out, sizeof(out), &made);
    type("\t\177"); /* from column 8 to column 2 */
    shows("\t\b\b\b\b\b\b");
}
END_TEST

START_TEST(end_of_file)
{
    type("\004");
    reads(100, "");
    reads(100, NULL);
    type("abc\004def\n"); /* in a line it only hands over what is there */
    ck_assert_uint_eq(ldisc_readable_bytes(&ldisc), 7);
    reads(100, "abc");
    reads(100, "def\n");
    type("abc\004");
    reads(3, "abc"); /* and is not left for the next read */
    reads(100, NULL);
    shows("abcdef\r\nabc");
}
END_TEST

START_TEST(literal_next)
{
    type("a\026\003b\026\004\n");
    ck_assert_uint_eq(signal_count, 0);
    reads(100, "a\003b\004\n");
    shows("a^\b^Cb^\b^D\r\n");
}
END_TEST

START_TEST(reprint)
{
    type("ab\022c\n");
    shows("ab^R\r\nabc\r\n");
    reads(100, "abc\n");
}
END_TEST

START_TEST(further_line_ends)
{
    struct termios termios = ldisc.termios;

    termios.c_cc[VEOL] = ';';
    ldisc_set(&ldisc, &termios);
    type("a;b\n");
    reads(100, "a;");
    reads(100, "b\n");
}
END_TEST

START_TEST(carriage_returns)
{
    set_flags(IGNCR, 0, ICANON);
    type("a\rb\n");
    reads(100, "ab\n");
    set_flags(INLCR, 0, ICANON);
    type("a\nb\r\004");
    reads(100, "a\rb\r");
    shows("");
}
END_TEST

START_TEST(echo_off_but_newlines)
{
    set_flags(ICRNL, OPOST | ONLCR, ICANON | ECHONL);
    type("secret\r");
    shows("\r\n");
    reads(100, "secret\n");
}
END_TEST

/* ---- signals and flow control ---- */

START_TEST(signals_drop_what_was_typed)
{
    type("abc\003def\034g\n");
    ck_assert_uint_eq(signal_count, 2);
    ck_assert_int_eq(signals[0], 2);
    ck_assert_int_eq(signals[1], 3);
    shows("abc^Cdef^\\g\r\n");
    reads(100, "g\n");
    set_flags(ICRNL, OPOST | ONLCR, ISIG | ICANON | NOFLSH);
    type("abc\003\n");
    reads(100, "abc\n");
    set_flags(ICRNL, OPOST | ONLCR, ICANON);
    type("\003\n");
    reads(100, "\003\n");
    ck_assert_uint_eq(signal_count, 3);
}
END_TEST

START_TEST(stopping)
{
    type("\032a\n");
    ck_assert_uint_eq(signal_count, 1);
    ck_assert_int_eq(signals[0], 20);
    reads(100, "a\n");
}
END_TEST

START_TEST(flow_control)
{
    type("\023");
    ck_assert(ldisc.stopped);
    type("\021");
    ck_assert(!ldisc.stopped);
    type("\023\003"); /* an interrupt lets output go on */
    ck_assert(!ldisc.stopped);
    type("\023");
    set_flags(ICRNL, 0, ICANON); /* so does switching flow control off */
    ck_assert(!ldisc.stopped);
    type("\023\n");
    reads(100, "\023\n");
}
END_TEST

/* ---- other modes ---- */

START_TEST(raw_bytes)
{
    set_flags(0, 0, 0);
    type("a\r\003\004\177");
    ck_assert_uint_eq(ldisc_readable_bytes(&ldisc), 5);
    reads(2, "a\r");
    reads(100, "\003\004\177");
    reads(100, NULL);
    shows("");
}
END_TEST

START_TEST(changing_the_mode_keeps_what_was_typed)
{
    const uint32_t canonical = ICANON | ECHO;

    type("line\nunfinished");
    set_flags(ICRNL, OPOST, 0);
    reads(100, "line\nunfinished");
    type("abc");
    set_flags(ICRNL, OPOST, canonical);
    reads(100, "abc");
    type("d\n");
    reads(100, "d\n");
    reads(100, NULL);
}
END_TEST

/* ---- output ---- */

static void makes(const char *text, const char *expected)
{
    uint8_t out[256];
    size_t made;

    ck_assert_uint_eq(ldisc_output(&ldisc, (const uint8_t *)text, strlen(text), out, sizeof(out), &made), strlen(text));
    out[made] = 0;
    ck_assert_str_eq((char *)out, expected);
}

START_TEST(output_processing)
{
    makes("a\nb\r\n", "a\r\nb\r\r\n");
    set_flags(0, 0, 0);
    makes("a\n\tb", "a\n\tb");
    set_flags(0, OPOST | ONLCR | XTABS, 0);
    ldisc.column = 0;
    makes("ab\tc\n\tx", "ab      c\r\n        x");
    set_flags(0, OPOST | ONOCR | OCRNL, 0);
    ldisc.column = 0;
    makes("\ra\r", "a\n");
}
END_TEST

START_TEST(output_stops_when_the_room_is_used_up)
{
    uint8_t out[16], text[64];
    size_t made, used = 0, total = 0;

    memset(text, '\n', sizeof(text));
    while (used < sizeof(text)) {
        size_t n = ldisc_output(&ldisc, text + used, sizeof(text) - used, out, sizeof(out), &made);

        ck_assert_uint_gt(n, 0);
        ck_assert_uint_le(made, sizeof(out));
        used += n;
        total += made;
    }
    ck_assert_uint_eq(total, 2 * sizeof(text));
}
END_TEST

/* ---- limits ---- */

START_TEST(a_line_too_long_can_still_be_ended)
{
    static uint8_t text[5000];
    char got[8192];
    bool ended;
    size_t n;

    memset(text, 'x', sizeof(text));
    ck_assert_uint_eq(ldisc_receive(&ldisc, text, sizeof(text)), sizeof(text)); /* the end of it is dropped */
    type("\n");
    n = ldisc_read(&ldisc, (uint8_t *)got, sizeof(got), &ended);
    ck_assert_uint_eq(n, LDISC_INPUT_BYTES);
    ck_assert(ended);
    ck_assert_int_eq(got[n - 1], '\n');
}
END_TEST

START_TEST(a_full_buffer_waits_for_its_reader)
{
    static uint8_t text[5000];
    size_t taken;

    memset(text, '\n', sizeof(text));
    taken = ldisc_receive(&ldisc, text, sizeof(text));
    ck_assert_uint_eq(taken, LDISC_INPUT_BYTES - 1);
    reads(100, "\n");
    ck_assert_uint_eq(ldisc_receive(&ldisc, text, sizeof(text)), 1);
    setup();
    set_flags(0, 0, 0);
    taken = ldisc_receive(&ldisc, text, sizeof(text));
    ck_assert_uint_eq(taken, LDISC_INPUT_BYTES - 1);
}
END_TEST

/* Random keys, modes and reads: nothing is lost track of (the sanitizers and these invariants see to it). */
START_TEST(chaos)
{
    static const char keys[] = "ab \t\n\r\003\004\177\027\025\026\022\021\023\034\303\251\0";
    unsigned i;

    srand(7);
    for (i = 0; i < 30000; i++) {
        uint8_t bytes[64], got[64];
        size_t n = (size_t)rand() % sizeof(bytes), k;
        bool ended;

        for (k = 0; k < n; k++)
            bytes[k] = (uint8_t)keys[(size_t)rand() % sizeof(keys)];
        ldisc_receive(&ldisc, bytes, n);
        if (rand() % 4 == 0)
            ldisc_read(&ldisc, got, (size_t)rand() % sizeof(got), &ended);
        if (rand() % 50 == 0)
            set_flags((uint32_t)rand() & 0177777, (uint32_t)rand() & 0177777, (uint32_t)rand() & 0177777);
        if (rand() % 500 == 0)
            ldisc_flush_input(&ldisc);
        ck_assert_uint_le(ldisc.write - ldisc.read, LDISC_INPUT_BYTES);
        ck_assert_uint_le(ldisc.ready - ldisc.read, ldisc.write - ldisc.read);
        ck_assert_uint_le(ldisc_readable_bytes(&ldisc), LDISC_INPUT_BYTES);
        shown_size = 0;
    }
}
END_TEST

int main(void)
{
    const TTest *const all[] = {
        a_line_is_read_when_it_is_complete,
        editing,
        erasing_what_takes_several_columns,
        a_tab_behind_a_prompt,
        end_of_file,
        literal_next,
        reprint,
        further_line_ends,
        carriage_returns,
        echo_off_but_newlines,
        signals_drop_what_was_typed,
        stopping,
        flow_control,
        raw_bytes,
        changing_the_mode_keeps_what_was_typed,
        output_processing,
        output_stops_when_the_room_is_used_up,
        a_line_too_long_can_still_be_ended,
        a_full_buffer_waits_for_its_reader,
        chaos,
    };
    Suite *suite = suite_create("guest-kernel/drv/ldisc");
    TCase *tests = tcase_create("terminal");
    SRunner *runner = srunner_create(suite);
    unsigned i;
    int failed;

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_set_timeout(tests, 60);
    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        tcase_add_test(tests, all[i]);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
