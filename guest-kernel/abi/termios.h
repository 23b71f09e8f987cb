/* SPDX-License-Identifier: Apache-2.0 */
/* termios.h - Linux's terminal settings and ioctls (asm-generic/termbits.h, ioctls.h); the same on our four ISAs. */
#ifndef GK_ABI_TERMIOS_H
#define GK_ABI_TERMIOS_H

#include <stddef.h>
#include <stdint.h>

#define TERMIOS_NCCS 19

struct termios { /* the kernel's, not the C library's */
    uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
    uint8_t c_line;
    uint8_t c_cc[TERMIOS_NCCS];
};
_Static_assert(sizeof(struct termios) == 36, "struct termios");
_Static_assert(offsetof(struct termios, c_cc) == 17, "struct termios");

struct termios2 {
    struct termios common;
    uint32_t c_ispeed, c_ospeed;
};
_Static_assert(sizeof(struct termios2) == 44, "struct termios2");

#define TERMIO_NCC 8

struct termio { /* System V's */
    uint16_t c_iflag, c_oflag, c_cflag, c_lflag;
    uint8_t c_line;
    uint8_t c_cc[TERMIO_NCC];
    uint8_t unused; /* the end of the structure, which programs are to see as 0 */
};
_Static_assert(sizeof(struct termio) == 18, "struct termio");

struct winsize {
    uint16_t ws_row, ws_col, ws_xpixel, ws_ypixel;
};
_Static_assert(sizeof(struct winsize) == 8, "struct winsize");

/* Indices of c_cc. */
enum {
    VINTR = 0,
    VQUIT = 1,
    VERASE = 2,
    VKILL = 3,
    VEOF = 4,
    VTIME = 5,
    VMIN = 6,
    VSTART = 8,
    VSTOP = 9,
    VSUSP = 10,
    VEOL = 11,
    VREPRINT = 12,
    VDISCARD = 13,
    VWERASE = 14,
    VLNEXT = 15,
    VEOL2 = 16,
};

/* c_iflag */
#define ISTRIP 0000040u
#define INLCR 0000100u
#define IGNCR 0000200u
#define ICRNL 0000400u
#define IXON 0002000u
#define IXANY 0004000u
#define IMAXBEL 0020000u
#define IUTF8 0040000u

/* c_oflag */
#define OPOST 0000001u
#define ONLCR 0000004u
#define OCRNL 0000010u
#define ONOCR 0000020u
#define ONLRET 0000040u
#define TABDLY 0014000u
#define XTABS 0014000u

/* c_cflag */
#define B38400 0000017u
#define CSIZE 0000060u
#define CS8 0000060u
#define CREAD 0000200u
#define PARENB 0000400u
#define HUPCL 0002000u
#define CBAUD 0010017u
#define BOTHER 0010000u /* the speed is in c_ispeed and c_ospeed */
#define IBSHIFT 16u     /* where the input's speed is, as CBAUD has it; 0: the output's */

/* c_lflag */
#define ISIG 0000001u
#define ICANON 0000002u
#define ECHO 0000010u
#define ECHOE 0000020u
#define ECHOK 0000040u
#define ECHONL 0000100u
#define NOFLSH 0000200u
#define TOSTOP 0000400u
#define ECHOCTL 0001000u
#define ECHOKE 0004000u
#define IEXTEN 0100000u

/* ioctl requests */
#define TCGETS 0x5401u
#define TCSETS 0x5402u
#define TCSETSW 0x5403u
#define TCSETSF 0x5404u
#define TCGETA 0x5405u
#define TCSETA 0x5406u
#define TCSETAW 0x5407u
#define TCSETAF 0x5408u
#define TCSBRK 0x5409u
#define TCXONC 0x540au
#define TCFLSH 0x540bu
#define TIOCEXCL 0x540cu
#define TIOCNXCL 0x540du
#define TIOCSCTTY 0x540eu
#define TIOCGPGRP 0x540fu
#define TIOCSPGRP 0x5410u
#define TIOCOUTQ 0x5411u
#define TIOCSTI 0x5412u
#define TIOCGWINSZ 0x5413u
#define TIOCSWINSZ 0x5414u
#define FIONREAD 0x541bu
#define TIOCPKT 0x5420u
#define TIOCNOTTY 0x5422u
#define TIOCSETD 0x5423u
#define TIOCGETD 0x5424u
#define TCSBRKP 0x5425u
#define TIOCSBRK 0x5427u
#define TIOCCBRK 0x5428u
#define TIOCGSID 0x5429u
#define TCGETS2 0x802c542au
#define TCSETS2 0x402c542bu
#define TCSETSW2 0x402c542cu
#define TCSETSF2 0x402c542du
#define TIOCGLCKTRMIOS 0x5456u
#define TIOCSLCKTRMIOS 0x5457u
#define TIOCGPTN 0x80045430u
#define TIOCSPTLCK 0x40045431u
#define TIOCGDEV 0x80045432u
#define TIOCSIG 0x40045436u
#define TIOCVHANGUP 0x5437u
#define TIOCGPKT 0x80045438u
#define TIOCGPTLCK 0x80045439u
#define TIOCGEXCL 0x80045440u
#define TIOCGPTPEER 0x5441u

/* Packet mode (TIOCPKT): the first byte of what a master reads. */
enum {
    TIOCPKT_DATA = 0,
    TIOCPKT_FLUSHREAD = 1,
    TIOCPKT_FLUSHWRITE = 2,
    TIOCPKT_STOP = 4,
    TIOCPKT_START = 8,
    TIOCPKT_NOSTOP = 16,
    TIOCPKT_DOSTOP = 32,
};

/* Arguments of TCXONC and TCFLSH. */
enum { TCOOFF = 0, TCOON = 1, TCIOFF = 2, TCION = 3 };
enum { TCIFLUSH = 0, TCOFLUSH = 1, TCIOFLUSH = 2 };

#endif
