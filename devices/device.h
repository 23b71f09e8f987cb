/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device.h - what a device is: a type that can describe itself in the device tree, and a running instance.
 *
 * A device sees guest memory, its interrupt line, the loop and the services below. It never sees the VM.
 */
#ifndef LVMM_DEVICE_H
#define LVMM_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/irqline.h"
#include "vmm/kvm/bus.h"
#include "vmm/kvm/mem.h"
#include "vmm/sandbox/level.h"
#include "vmm/loop.h"

/* Where a machine puts an instance. Part of the plan: pure data. */
enum device_space {
    DEVICE_MMIO,
    DEVICE_PIO,
    DEVICE_PCI, /* base: the device number on bus 0. The guest chooses where its registers are, and the host bridge's
                   node tells its interrupt */
};

struct device_window {
    enum device_space space;
    uint64_t base, size;
    uint32_t irq;  /* the interrupt controller's input; 0: none */
    uint32_t unit; /* counts the instances of one type: disk 0, disk 1 ... */
};

/* Fills the node of the device tree that is being written. Implemented by boot/fdt.c. */
struct node {
    const struct node_ops *ops;
};

struct node_ops {
    void (*strings)(struct node *node, const char *name, const char *bytes,
                    uint32_t size); /* one or more, each with its NUL */
    void (*cells)(struct node *node, const char *name, const uint32_t *cells, unsigned count);
    void (*empty)(struct node *node, const char *name);
};

/* The phandle of the clock that devices run on, in machines whose devices name one. */
#define DEVICE_PHANDLE_CLOCK 2

/* What a VM does for its devices. */
struct device_env {
    struct mem *mem;
    struct loop *loop;
    struct irqline irq;
    struct device_window window;
    const struct device_services *services;
    void *vm; /* handed back to the services, opaque */
};

struct device_services {
    /* From now on a guest's write of `value`, 4 bytes wide, at guest-physical address `gpa` signals the eventfd `fd`
     * and no longer reaches the device. 0 or -errno: it can't be done, and such writes still reach the device. */
    int (*doorbell)(void *vm, uint64_t gpa, uint32_t value, int fd);
    /* The guest reads [gpa, gpa + size) straight from `host`, without exits; its writes still reach the device. host
     * NULL: reads reach the device again. 0 or -errno. */
    int (*map_rom)(void *vm, uint64_t gpa, uint64_t size, void *host);
    /* The guest reads and writes what is mapped at `host` at [gpa, gpa + size), from now on until its end. Once, at
     * any time, on any thread. 0 or -errno. */
    int (*map_window)(void *vm, uint64_t gpa, uint64_t size, void *host);
    /* The guest has switched the machine off; `status` is lvmm's exit status then. */
    void (*power_off)(void *vm, int status);
    /* Has the VM ended? A device asks before each piece of long work, and leaves the rest if so. NULL: it never ends.
     */
    bool (*has_ended)(void *vm);
};

struct cow;
struct disk_meters;
struct device;
struct meter;

struct device_ops {
    struct bus_ops io;                      /* owner is the struct device */
    void (*destroy)(struct device *device); /* the loop and the vCPUs have stopped */
};

struct device { /* first member of each device's own structure */
    const struct device_ops *ops;
};

struct device_type {
    const char *name;       /* "virtio-blk" */
    const char *compatible; /* device tree: NUL-separated list with final double NUL, e.g. "virtio,mmio\0" */
    const char *node_name;  /* generic name of the node: "virtio_mmio", "serial", "flash" */
    /* Adds what is special to the node; compatible, reg and interrupts are there already. May be NULL. Pure. */
    void (*describe)(const struct device_window *window, struct node *node);
    /* args: the type's own structure (virtio_blk_args ...), used only during the call unless it says otherwise.
     * 0 or -errno. */
    int (*create)(const struct device_env *env, const void *args, struct device **out);
};

/* The device types. The planner says which of them a machine has, tests/unit/devices/types_test.c has a list of all. */
extern const struct device_type device_serial16550;
extern const struct device_type device_pl011;
extern const struct device_type device_debug_exit;
extern const struct device_type device_acpi_power;     /* a stock kernel's power-off and reset, by ACPI */
extern const struct device_type device_keyboard_reset; /* and by a PC's keyboard controller, port 0x64 */
extern const struct device_type device_pflash;
extern const struct device_type device_virtio_blk;
extern const struct device_type device_virtio_console;
extern const struct device_type device_virtio_fs;      /* shared folders; another process serves it */
extern const struct device_type device_virtio_sockets; /* the network; the same */

/* Registers of device_acpi_power, a byte each, which the ACPI tables tell of; QEMU's microvm has the same. */
enum {
    ACPI_POWER_CONTROL = 0,
    ACPI_POWER_STATUS = 1,
    ACPI_POWER_RESET = 2,
    ACPI_POWER_BYTES = 3,
    ACPI_POWER_S5 = 5, /* sleep type: off */
    ACPI_POWER_RESET_VALUE = 0x42,
};

/* ---- arguments of each type ---- */

struct serial_args {        /* of both UARTs */
    int in_fd;              /* -1: no input; owned by the caller */
    struct meter *in_meter; /* NULL: none */
    /* Input isn't read before the guest has enabled its interrupt: Linux looks at the line's status for each byte that
     * it sends, and clears the FIFO when its driver starts. */
    bool by_interrupt;
    /* Gets all bytes that the guest sends, in order. Called on a vCPU's thread. */
    void (*output)(void *owner, const char *bytes, unsigned count);
    void *owner;    /* of all callbacks */
    uint8_t escape; /* in_fd is a terminal: this byte is held back; with the next it is given to on_escape. 0: none */
    void (*on_escape)(void *owner, uint8_t next);
    bool paused;                   /* the terminal isn't read until serial_resume */
    void (*on_pause)(void *owner); /* it has paused by itself. Any thread, with the device's lock. NULL: nobody asks */
    struct device **self;          /* gets the device, for serial_resume; NULL: not wanted */
};

struct pflash_args {
    int fd; /* the image; owned by the caller, open for writing unless read_only */
    uint64_t size;
    bool read_only;
    const char *name; /* for messages; must live as long as the device */
};

/* Who answers for the data of a disk's file: file_process.h. */
enum virtio_blk_host { VIRTIO_BLK_HOST_ASK, VIRTIO_BLK_HOST_OWN, VIRTIO_BLK_HOST_OTHER };

struct virtio_blk_args {
    int fd;              /* owned by the caller; open for writing unless read_only, or cow has what is written */
    uint64_t offset;     /* where the disk begins in it */
    uint64_t size_bytes; /* a multiple of 512 */
    struct cow *cow; /* what is written goes there (vmm/disk/cow.h); the device's alone until the end; NULL: to fd */
    struct disk_meters *meters; /* vmm/disk/image.h; NULL: none */
    enum virtio_blk_host host;  /* of fd and cow; not known: it asks */
    bool read_only;
    enum sandbox_level sandbox; /* of a process that does its I/O */
    char serial[20];            /* virtio 1.2, 5.2.6: not NUL-terminated when full */
    const char *name;
};

struct virtio_console_port {
    const char *name; /* VIRTIO_CONSOLE_PORT_NAME, or NULL */
    bool is_console;
    int in_fd; /* read when the guest has buffers, and only as much as they hold; its end closes the port (PORT_OPEN 0).
                  -1: none */
    bool paused;                   /* it isn't read until virtio_console_resume */
    void (*on_pause)(void *owner); /* it has paused by itself. Any thread, with the device's lock. NULL: nobody asks */
    int out_fd;                    /* -1: none. Written without ever blocking a vCPU */
    struct meter *in_meter, *out_meter; /* of these two; NULL: none */
    /* Gets a copy of what was written to out_fd, where the thread is that wrote, with the device's lock. NULL: nobody.
     */
    void (*watch)(void *owner, const uint8_t *bytes, size_t size);
    /* In place of out_fd: gets all bytes that the guest sends, in order, on a vCPU's thread or the loop's. False: it
     * wants no more, ever. */
    bool (*sink)(void *owner, const uint8_t *bytes, unsigned count);
    /* In place of in_fd: gives the guest's next bytes, at most VIRTIO_CONSOLE_SOURCE_BYTES; 0: none now. It is asked
     * after the sink was called, and by virtio_console_wake. */
    size_t (*source)(void *owner, uint8_t *bytes);
    /* What the guest sent there could not be written: a positive errno. NULL, or EPIPE: that closes the port instead.
     */
    void (*on_error)(void *owner, unsigned port, int error);
    void *owner;    /* of all of these */
    uint8_t escape; /* in_fd: this byte is held back; with the next it is given to on_escape. 0: none */
    void (*on_escape)(void *owner, uint8_t next);
};

#define VIRTIO_CONSOLE_SOURCE_BYTES 64u

/* Where the guest may have pages of the host's files (boot/abi_dax.h): whole multiples of 2 MiB. */
struct dax_place {
    uint64_t gpa, bytes;  /* bytes 0: nowhere */
    uint64_t write_bytes; /* of the first ones, where some may be for writing; 0: none, there is one region */
};

/* The guest's memory is to be shared (mem_init_shared). */
struct virtio_fs_args {
    int socket;      /* the server's, by the vhost-user protocol; owned by the caller, who closes it after the device */
    const char *tag; /* at most 36 bytes */
    struct dax_place window;
    int window_socket; /* the same server's, for what is to be in the window (vmm/share/window_link.h); as `socket` */
    struct device **self; /* gets the device, for virtio_fs_fault; NULL: not wanted */
};

/* As virtio_fs_args: the network's process (boot/abi_net.h). */
struct virtio_sockets_args {
    int socket;
};

struct virtio_console_args {
    const struct virtio_console_port *ports; /* copied */
    unsigned count;
    uint16_t rows, columns; /* of the terminal; 0: unknown */
    struct device **self;   /* gets the device, for the calls below; NULL: not wanted */
};

/* KVM couldn't give a vCPU the page that it touched, which may lie in a file that has got shorter. True: the vCPU may
 * try again. *mark: 0 at first, kept for the vCPU until it has run again. On the vCPU's thread. */
bool virtio_fs_fault(struct device *device, uint64_t *mark);
/* The same where KVM tells the guest-physical address. True: that has gone, and reads as zeros now. */
bool virtio_fs_fault_at(struct device *device, uint64_t gpa);

/* Reads the terminal of a UART, after it began `paused`, or paused by itself: another job has the terminal. Any thread,
 * but not from a callback of the device. */
void serial_resume(struct device *device);
/* The port's source has bytes for the guest: asks it for them. Any thread, but not from a callback of the device. */
void virtio_console_wake(struct device *device, unsigned port);
/* Reads the port's input, after it began `paused`, or paused by itself: a terminal does that when we aren't its
 * foreground job. Any thread, but not from a callback of the device. */
void virtio_console_resume(struct device *device, unsigned port);

#endif
