/* SPDX-License-Identifier: Apache-2.0 */
/*
 * i386_ipc.c - System V IPC as 32-bit programs on x86 call it: by one number, with what they mean in the first argument
 * (ipc(2)), or by numbers of their own. The structures are those of IPC_64; a command that leads to one without that
 * flag means what programs had when user IDs had 16 bits, which isn't there.
 */
#include "abi/ipc.h"

#include "core/thread.h"
#include "ipc/ids.h"
#include "sys/syscall.h"
#include "sys/user.h"

enum { /* what is meant */
       CALL_SEMOP = 1,
       CALL_SEMGET,
       CALL_SEMCTL,
       CALL_SEMTIMEDOP,
       CALL_MSGSND = 11,
       CALL_MSGRCV,
       CALL_MSGGET,
       CALL_MSGCTL,
       CALL_SHMAT = 21,
       CALL_SHMDT,
       CALL_SHMGET,
       CALL_SHMCTL,
};

struct arguments { /* of ipc(2), behind the first */
    int first, second, third;
    uaddr_t pointer;
    int32_t fifth;
};

static uint64_t sign(int value)
{
    return (uint64_t)(int64_t)value;
}

/* The command without IPC_64. One that has a structure is -EINVAL without. */
static int command_read(int given, bool has_structure, int *command)
{
    *command = given & ~IPC_64;
    return (given & IPC_64) || !has_structure ? 0 : -EINVAL;
}

/* The last argument, a number or an address, lies where the pointer leads. */
static int64_t call_semctl(const struct arguments *given)
{
    uint32_t last;
    int plain = given->third & ~IPC_64, command;
    bool has_structure = plain == IPC_SET || plain == IPC_STAT || plain == SEM_STAT || plain == SEM_STAT_ANY;
    int error = command_read(given->third, has_structure, &command);

    if (given->pointer == 0)
        return -EINVAL;
    if (user_get(last, given->pointer))
        return -EFAULT;
    return error != 0 ? error
                      : sys_semctl((const uint64_t[6]){sign(given->first), sign(given->second), sign(command), last});
}

/* msgctl, and shmctl, whose SHM_STAT ... have the numbers of other commands. */
static int64_t call_msgctl(const struct arguments *given)
{
    int plain = given->second & ~IPC_64, command;
    bool has_structure = plain == IPC_SET || plain == IPC_STAT || plain == MSG_STAT || plain == MSG_STAT_ANY;
    int error = command_read(given->second, has_structure, &command);

    return error != 0 ? error : sys_msgctl((const uint64_t[6]){sign(given->first), sign(command), given->pointer});
}

static int64_t call_shmctl(const struct arguments *given)
{
    int plain = given->second & ~IPC_64, command;
    bool has_structure = plain != IPC_RMID && plain != SHM_LOCK && plain != SHM_UNLOCK && plain != SHM_INFO;
    int error = command_read(given->second, has_structure, &command);

    return error != 0 ? error : sys_shmctl((const uint64_t[6]){sign(given->first), sign(command), given->pointer});
}

/* The address is a result of its own, as it may look like an error. */
static int64_t call_shmat(const struct arguments *given, unsigned version)
{
    int64_t address;
    uint32_t half;

    if (version == 1)
        return -EINVAL;
    address = sys_shmat((const uint64_t[6]){sign(given->first), given->pointer, sign(given->second)});
    if (address < 0)
        return address;
    half = (uint32_t)address;
    return user_put((uint32_t)given->third, half);
}

/* Of the first version: address and type lie where the pointer leads. */
static int64_t call_msgrcv(const struct arguments *given, unsigned version)
{
    struct {
        uint32_t address;
        int32_t type;
    } pair = {(uint32_t)given->pointer, given->fifth};

    if (given->first < 0 || given->second < 0)
        return -EINVAL;
    if (version == 0 && given->pointer == 0)
        return -EINVAL;
    if (version == 0 && user_get(pair, given->pointer))
        return -EFAULT;
    return sys_msgrcv((const uint64_t[6]){sign(given->first), pair.address, sign(given->second), sign(pair.type),
                                          sign(given->third)});
}

int64_t sys_i386_ipc(const uint64_t arg[6])
{
    const struct arguments given = {(int)arg[1], (int)arg[2], (int)arg[3], (uint32_t)arg[4], (int32_t)arg[5]};
    unsigned call = (unsigned)arg[0] & 0xffff, version = (unsigned)arg[0] >> 16;
    const uint64_t first = sign(given.first), second = sign(given.second), third = sign(given.third);

    switch (call) {
    case CALL_SEMOP:
        return sys_semop((const uint64_t[6]){first, given.pointer, second});
    case CALL_SEMTIMEDOP:
        return sys_semtimedop((const uint64_t[6]){first, given.pointer, second, (uint32_t)given.fifth});
    case CALL_SEMGET:
        return sys_semget((const uint64_t[6]){first, second, third});
    case CALL_SEMCTL:
        return call_semctl(&given);
    case CALL_MSGSND:
        return sys_msgsnd((const uint64_t[6]){first, given.pointer, second, third});
    case CALL_MSGRCV:
        return call_msgrcv(&given, version);
    case CALL_MSGGET:
        return sys_msgget((const uint64_t[6]){first, second});
    case CALL_MSGCTL:
        return call_msgctl(&given);
    case CALL_SHMAT:
        return call_shmat(&given, version);
    case CALL_SHMDT:
        return sys_shmdt((const uint64_t[6]){given.pointer});
    case CALL_SHMGET:
        return sys_shmget((const uint64_t[6]){first, (uint32_t)given.second, third});
    case CALL_SHMCTL:
        return call_shmctl(&given);
    default:
        return -ENOSYS;
    }
}

/* Their times have 64 bits, as other programs have them. */
int64_t sys_i386_semtimedop64(const uint64_t arg[6])
{
    current_thread()->call_is_32bit = false;
    return sys_semtimedop(arg);
}

int64_t sys_i386_mq_timedsend64(const uint64_t arg[6])
{
    current_thread()->call_is_32bit = false;
    return sys_mq_timedsend(arg);
}

int64_t sys_i386_mq_timedreceive64(const uint64_t arg[6])
{
    current_thread()->call_is_32bit = false;
    return sys_mq_timedreceive(arg);
}
