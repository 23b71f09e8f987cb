/* SPDX-License-Identifier: Apache-2.0 */
/* proc_net_inet.c - /proc/net/tcp, tcp6, udp and udp6: a line for each socket, and for what closed connections leave.
 */
#include "abi/errno.h"
#include "abi/inet.h"
#include "core/wait.h"
#include "fs/proc_net.h"
#include "net/inet_tell.h"

#define LINE 192u         /* bytes, at most */
#define LINES_AT_ONCE 64u /* so many sockets are looked at without giving others a turn */
#define TCP_WIDTH 149u
#define UDP_WIDTH 127u

struct list_state {
    struct proc_text *text;
    const struct inet_table *table;
    bool v6;
    unsigned count, left; /* lines that were printed; sockets that may be looked at, until there is more room */
};

static void put_address(struct proc_text *text, const struct inet_address *address, bool v6)
{
    if (v6)
        proc_print(text, " %08X%08X%08X%08X:%04X", address->words[0], address->words[1], address->words[2],
                   address->words[3], address->port);
    else
        proc_print(text, " %08X:%04X", address->words[3], address->port);
}

static bool put_line(void *arg, struct inet_use *use)
{
    struct list_state *state = arg;
    struct proc_text *text = state->text;
    bool is_tcp = state->table == &tcp_table;
    size_t start = text->length;
    struct inet_told told;

    if (state->left == 0)
        return false;
    state->left--;
    if (!inet_tell(state->table, use, &told) || told.v6 != state->v6)
        return true;
    proc_print(text, is_tcp ? "%4u:" : "%5u:", state->count++);
    put_address(text, &use->local, told.v6);
    put_address(text, &use->peer, told.v6);
    /* Of a listener only how many are to be accepted. */
    proc_print(text, " %02X %08X:%08X %02X:%08X %08X %5u %8d %lu", told.state,
               told.state == TCP_LISTEN ? 0 : told.unsent, told.unread, told.timer, told.expires_ms / 10, 0, told.user,
               0, (unsigned long)told.inode);
    if (!is_tcp)
        proc_print(text, " 2 %016x %lu", 0, (unsigned long)told.dropped);
    else if (told.state == TCP_TIME_WAIT)
        proc_print(text, " 3 %016x", 0);
    else
        proc_print(text, " 1 %016x %s", 0, told.state == TCP_LISTEN ? "100 0 0 10 0" : "20 4 30 10 -1");
    if (!told.v6)
        proc_pad(text, start, is_tcp ? TCP_WIDTH - 1 : UDP_WIDTH - 1);
    proc_print(text, "\n");
    return true;
}

static int show(struct proc_text *text, const struct inet_table *table, bool v6)
{
    struct list_state state = {.text = text, .table = table, .v6 = v6};
    uint32_t bucket = 0, skip = 0;

    do {
        (void)wait_loop_ends(true);
        if (!proc_text_reserve(text, LINES_AT_ONCE * LINE))
            return text->error;
        state.left = LINES_AT_ONCE;
    } while (!inet_table_walk(table, &bucket, &skip, put_line, &state));
    return text->error;
}

static void put_header(struct proc_text *text, const char *header, unsigned width)
{
    size_t start = text->length;

    proc_print(text, "%s", header);
    proc_pad(text, start, width - 1);
    proc_print(text, "\n");
}

#define HEADER "local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
#define HEADER6                                                                                               \
    "  sl  local_address                         remote_address                        st tx_queue rx_queue " \
    "tr tm->when retrnsmt   uid  timeout inode"

int proc_tcp_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    put_header(text, "  sl  " HEADER, TCP_WIDTH);
    return show(text, &tcp_table, false);
}

int proc_tcp6_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "%s\n", HEADER6);
    return show(text, &tcp_table, true);
}

int proc_udp_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    put_header(text, "   sl  " HEADER " ref pointer drops", UDP_WIDTH);
    return show(text, &udp_table, false);
}

int proc_udp6_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "%s\n", HEADER6 " ref pointer drops");
    return show(text, &udp_table, true);
}
