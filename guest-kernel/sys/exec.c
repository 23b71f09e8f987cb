/* SPDX-License-Identifier: Apache-2.0 */
/* exec.c - replaces a thread's program: gathers the arguments, fills a new address space, and only then lets the old
 * one go. */
#include "sys/exec.h"

#include "abi/errno.h"
#include "abi/info.h"
#include "abi/rseq.h"
#include "abi/signal.h"
#include "abi/time.h"
#include "core/abi.h"
#include "core/pid.h"
#include "core/process.h"
#include "core/random.h"
#include "core/residence.h"
#include "core/sched.h"
#include "core/tracing.h"
#include "core/threads.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/keys.h"
#include "mm/space.h"
#include "sys/exec_args.h"
#include "sys/exec_cred.h"
#include "sys/exec_gather.h"
#include "sys/exec_image.h"
#include "sys/exec_place.h"
#include "sys/exit.h"
#include "sys/futex.h"
#include "sys/limit.h"
#include "sys/maplimit.h"
#include "sys/rusage.h"
#include "sys/syscall.h"
#include "sys/user.h"
#include "vfs/nameless.h"
#include "vfs/permission.h"
#include "sys/return_page.h"
#include "sys/vdso.h"
#include "vfs/fdtable.h"

#define STACK_SIZE (8ull << 20)    /* at most, unless RLIMIT_STACK is more */
#define STACK_FIRST (132ull << 10) /* and so much from the start, as on Linux */
#define STACK_GAP (1ull << 20)     /* between the stack and the mappings: Linux's stack_guard_gap */
#define BRK_GAP (32ull << 20)

/* Where things go. The spans for chance are Linux's on x86_64 (28, 22 and 13 bits of pages), in terms of the size of
 * user space so that they fit smaller ones too. */
struct layout {
    uint8_t random[ARG_RANDOM_SIZE]; /* AT_RANDOM */
    uint64_t pie, mmap, stack, brk, vdso;
};

/* What it is drawn from, in pages: as many bytes as there are without a cipher's block (core/random.c). */
struct chances {
    uint8_t random[ARG_RANDOM_SIZE];
    uint32_t pie, mmap, stack;
    uint16_t brk, vdso;
};
_Static_assert(sizeof(struct chances) == 32, "what the seed has beside the key");
_Static_assert(ISA_USER_TOP >> 7 <= 1ull << (32 + PAGE_SHIFT) && BRK_GAP <= 1ull << (16 + PAGE_SHIFT), "large enough");

struct loaded {
    uint64_t bias, interp_bias;
    uaddr_t entry;
    struct elf_program interp; /* load_count 0: there is none */
};

static uint64_t chance(uint64_t page, uint64_t span)
{
    return (page << PAGE_SHIFT) % span & ~PAGE_MASK;
}

/* Room for as much as the stack may grow, within reason. */
static uint64_t stack_room(uaddr_t top)
{
    uint64_t limit = page_up(limit_soft(RLIMIT_STACK) < top / 6 ? limit_soft(RLIMIT_STACK) : top / 6);

    return limit > STACK_SIZE ? limit : STACK_SIZE;
}

/* Whether nothing is left to chance, as the program that calls wants it: not for one that gets other rights. */
static bool is_fixed(const struct thread *thread, const struct exec_image *image)
{
    struct cred cred;

    return (thread->personality & PERSONALITY_NO_CHANCE) && exec_cred_make(thread, image, &cred) == 0 &&
           !cred_is_secure(&cred);
}

static void layout_choose(struct layout *layout, const struct abi *abi, bool fixed)
{
    const uaddr_t top = abi->user_top;
    struct chances from;

    random_bytes(&from, sizeof(from));
    memcpy(layout->random, from.random, sizeof(layout->random));
    if (fixed)
        from = (struct chances){0};
    layout->stack = top - (abi->has_vdso ? vdso_size() : PAGE_SIZE) - chance(from.stack, top >> 13);
    layout->vdso = abi->has_vdso ? vdso_place(layout->stack, (uint64_t)from.vdso << PAGE_SHIFT) : layout->stack;
    layout->mmap = layout->stack - stack_room(top) - STACK_GAP - chance(from.mmap, top >> 7);
    layout->pie = top / 3 * 2 + chance(from.pie, top >> 7);
    layout->brk = chance(from.brk, BRK_GAP);
}

/* ---- the new address space ---- */

/* The interpreter goes to the top of the room for mappings. */
static int interp_load(struct space *space, const struct exec_image *image, struct loaded *loaded)
{
    const struct elf_program *program = &image->program;
    struct elf_program *interp = &loaded->interp;
    const struct abi *abi;
    struct path file;
    struct page *page = page_alloc_dirty();

    if (page == NULL)
        return -ENOMEM;
    char *path = page_data(page);
    int64_t got = inode_read(exec_image_inode(image), program->interp_offset, path, program->interp_size);
    int error = got < 0 ? (int)got : (uint64_t)got != program->interp_size || path[got - 1] != 0 ? -ENOEXEC : 0;
    if (error == 0)
        error = exec_file_open(&current_thread()->fs->cwd, path, &file);
    page_put(page);
    if (error != 0)
        return error;
    error = exec_elf_read(path_inode(&file), interp, &abi);
    uint64_t size = error != 0 ? 0 : interp->high - interp->low;
    if (error == 0 && (abi != image->abi || !interp->is_pie || size > space->mmap_top / 2))
        error = -ENOEXEC;
    if (error == 0) {
        uaddr_t place = (space->mmap_top - size) & ~(interp->align - 1);
        loaded->interp_bias = place - interp->low;
        loaded->entry = loaded->interp_bias + interp->entry;
        error = place < loaded->bias + program->high
                    ? -ENOMEM
                    : exec_elf_map(space, path_inode(&file), interp, loaded->interp_bias);
    }
    path_put(&file);
    return error;
}

static int program_load(struct space *space, const struct exec_image *image, const struct layout *layout,
                        struct loaded *loaded)
{
    const struct elf_program *program = &image->program;
    uaddr_t stack_low = layout->stack - page_up(STACK_FIRST);

    loaded->interp_bias = 0;
    loaded->interp.load_count = 0;
    loaded->bias = program->is_pie ? (layout->pie & ~(program->align - 1)) - program->low : 0;
    loaded->entry = loaded->bias + program->entry;
    if (program->high > layout->stack - STACK_SIZE || loaded->bias + program->high > layout->stack - STACK_SIZE)
        return -ENOMEM;
    int error = exec_elf_map(space, exec_image_inode(image), program, loaded->bias);
    if (error != 0)
        return error;
    error = space_map(
        space, &stack_low, layout->stack - stack_low, PROT_READ | PROT_WRITE | (program->exec_stack ? PROT_EXEC : 0u),
        PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN, NULL, 0);
    if (error != 0)
        return error;
    error = image->abi->has_vdso ? vdso_map(space, layout->vdso) : return_page_map(space, layout->vdso);
    if (error != 0)
        return error;
    space->mmap_top = layout->mmap;
    space->brk_start = space->brk = loaded->bias + program->high + layout->brk;
    if (program->interp_size != 0)
        error = interp_load(space, image, loaded);
    /* The CPU must never get a program counter that isn't the user's. */
    return error == 0 && loaded->entry >= space->top ? -ENOEXEC : error;
}

/* The entries in Linux's order (fs/binfmt_elf.c, create_elf_tables). The first is left out where there is no vDSO. */
static int stack_fill(const struct exec_image *image, const struct layout *layout, const struct loaded *loaded,
                      const struct cred *cred, struct exec_args *args, uaddr_t *sp)
{
    const struct elf_program *program = &image->program;
    uaddr_t place = exec_args_place(args, layout->stack);
    const struct auxv_entry auxv[] = {
        {AT_SYSINFO_EHDR, vdso_image_address(layout->vdso)},
        {AT_HWCAP, arch_hwcap(1)},
        {AT_PAGESZ, PAGE_SIZE},
        {AT_CLKTCK, USER_HZ},
        {AT_PHDR, program->phdr_vaddr != 0 ? loaded->bias + program->phdr_vaddr : 0},
        {AT_PHENT, program->phdr_size},
        {AT_PHNUM, program->phdr_count},
        {AT_BASE, loaded->interp_bias},
        {AT_FLAGS, 0},
        {AT_ENTRY, loaded->bias + program->entry},
        {AT_UID, cred->user.real},
        {AT_EUID, cred->user.effective},
        {AT_GID, cred->group.real},
        {AT_EGID, cred->group.effective},
        {AT_SECURE, cred_is_secure(cred) || cred_differs(&current_thread()->cred, cred)},
        {AT_RANDOM, place},
        {AT_HWCAP2, arch_hwcap(2)},
        {AT_EXECFN, place + args->file_name},
        {AT_RSEQ_FEATURE_SIZE, RSEQ_SIZE_KNOWN},
        {AT_RSEQ_ALIGN, RSEQ_ALIGN},
        {image->abi->platform != NULL ? AT_PLATFORM : AT_NULL, exec_args_platform(args, place)},
        {AT_NULL, 0},
    };

    unsigned skip = !image->abi->has_vdso || vdso_size() == 0;
    unsigned count = sizeof(auxv) / sizeof(auxv[0]) - skip;
    int error = exec_args_write(args, place, auxv + skip, count, sp);

    if (error == 0)
        exec_place_note(&current_process()->space->place, &image->program, loaded->bias, args, place, *sp, count);
    return error;
}

/* The new space, which is the current one, gets what the program begins with. The old program's rights have no say. */
static int space_fill(const struct exec_image *image, const struct layout *layout, const struct loaded *loaded,
                      const struct cred *cred, struct exec_args *args, uaddr_t *sp)
{
    uint32_t rights = keys_suspend();
    int error = exec_elf_clear(&image->program, loaded->bias);

    if (error == 0)
        error = exec_elf_clear(&loaded->interp, loaded->interp_bias);
    if (error == 0)
        error = stack_fill(image, layout, loaded, cred, args, sp);
    keys_resume(rights);
    return error;
}

/* ---- the switch ---- */

static void space_switch(struct process *process, struct space *space)
{
    process->space = space;
    residence_use_space(space);
}

int fdtable_unshare(struct thread *thread)
{
    struct fdtable *files = thread->files, *own;

    if (files->refs == 1)
        return 0;
    own = fdtable_clone(files);
    if (own == NULL)
        return -ENOMEM;
    thread->files = own;
    fdtable_put(files);
    return 0;
}

/* What the thread shares with others and the new program changes becomes its own. 0 or -ENOMEM. */
static int thread_unshare(struct thread *thread)
{
    struct sighand *sighand = thread->process->sighand;

    if (sighand->refs != 1) {
        struct sighand *own = sighand_create(sighand);
        if (own == NULL)
            return -ENOMEM;
        thread->process->sighand = own;
        sighand_put(sighand);
    }
    return fdtable_unshare(thread);
}

/* The process's first thread has ended, whose number another takes over: to everybody else it is the same thread. */
static void number_take(struct thread *thread)
{
    struct process *process = thread->process;
    struct pid *old = thread->id;

    old->thread = NULL;
    wait_wake_all(&old->changed, 0);
    pid_put(old);
    trace_number_take(thread);
    thread->id = process->id;
    thread->id->thread = thread;
    thread->tid = process->pid;
    pid_get(thread->id);
    process->exit_code = 0; /* the first thread's, if that ended by itself */
}

#define ENDED_AT_ONCE 64u

/* The process's other threads end, and the caller is its first. 0; -EAGAIN: it is to end itself. */
static int others_end(struct thread *thread)
{
    struct process *process = thread->process;
    unsigned told;

    if (process->thread_count == 1 && thread->id == process->id)
        return 0;
    while (process->thread_count != 1) {
        told = 0;
        if (process->exiting || thread->ending)
            return -EAGAIN;
        for_each_thread(process, other)
        {
            if (other == thread || other->ending)
                continue;
            if (told == ENDED_AT_ONCE) /* when one of them has left */
                break;
            other->ending = true;
            sched_signal(other);
            sched_continue(other);
            told += other->state != THREAD_WAITS_DEEP; /* whose lock another may have, that is to be told, too */
        }
        (void)wait_on(&process->threads_left, WAIT_FOREVER, WAIT_KILLABLE);
    }
    if (process->exiting || thread->ending)
        return -EAGAIN;
    if (thread->id != process->id)
        number_take(thread);
    return 0;
}

/* What a program leaves behind for the next one (execve(2)): ignored signals, the mask, the descriptors. */
static void process_reset(struct thread *thread)
{
    struct process *process = thread->process;
    struct fdtable *files = thread->files;
    unsigned closed = 0;

    sighand_reset(process->sighand);
    for (unsigned fd = 0; (fd = fd_next_cloexec(files, fd)) < FD_MAX; fd++) {
        fd_close(files, (int)fd);
        if (++closed % FDS_AT_ONCE == 0)
            (void)wait_loop_ends(true);
    }
    thread->signal_stack.base = thread->signal_stack.size = 0;
    thread->signal_stack.flags = 0;
    posix_timers_end(process);
    thread->restart.resume = NULL;
    process->has_execed = true;
    thread->rseq = 0;
}

static void set_name(struct thread *thread, const char *path)
{
    const char *base = path;

    for (const char *slash; (slash = strchr(base, '/')) != NULL;)
        base = slash + 1;
    size_t length = strnlen(base, sizeof(thread->name) - 1);
    memset(thread->name, 0, sizeof(thread->name));
    memcpy(thread->name, base, length);
}

/* `file` is what the process runs from now on: until it ends, nobody writes to that file. */
static void program_take(struct process *process, const struct path *file)
{
    path_get(file);
    inode_run_get(path_inode(file)); /* can't fail: the caller has it as well */
    process_program_put(process);
    process->program = *file;
}

/* With other threads gone there is no way back: then the process ends, as on Linux. One that another thread's execve
 * has end first is alone in that: that one goes on. */
static int exec_failed(const struct thread *thread, bool alone, int error)
{
    if (!alone && !thread->ending)
        process_end(thread->process, 0, SIGSEGV);
    return error;
}

/* The program that `image` names, with these arguments, in place of the thread's own. */
static int program_replace(struct thread *thread, const char *path, const struct exec_image *image,
                           const struct layout *layout, struct exec_args *args)
{
    struct process *process = thread->process;
    struct space *old = process->space, *space = space_create();
    bool alone = process->thread_count == 1 && thread->id == process->id;
    unsigned dumpable = process->dumpable;
    struct cred cred = thread->cred;
    struct loaded loaded;
    uaddr_t sp;

    if (space == NULL)
        return -ENOMEM;
    space->top = image->abi->user_top;
    space->stack_limit = limit_soft(RLIMIT_STACK);
    space->may_grow = maplimit_may_grow;
    int error = program_load(space, image, layout, &loaded);
    if (error != 0) {
        space_put(space);
        return error;
    }
    error = exec_cred_make(thread, image, &cred);
    if (error != 0) {
        space_put(space);
        return error;
    }
    error = others_end(thread);
    if (error == 0)
        error = thread_unshare(thread);
    if (error == 0)
        error = exec_cred_make(thread, image, &cred); /* now that no other thread can share its place anew */
    if (error != 0) {
        space_put(space);
        return exec_failed(thread, alone, error);
    }
    process->execs++;             /* what is open of the old memory doesn't lead to the new one */
    process->dumpable = 0;        /* until exec_cred_take nobody comes to look */
    space_switch(process, space); /* user memory is the current space's */
    error = space_fill(image, layout, &loaded, &cred, args, &sp);
    if (error == 0 && image->abi->has_vdso)
        vdso_map_ahead(space, layout->vdso);
    if (error != 0 && old != NULL) {
        space_switch(process, old);
        process->dumpable = dumpable;
        process->execs--;
        space_put(space);
    }
    if (error != 0) /* without an old space the new one stays: it is what the CPU stands on */
        return exec_failed(thread, alone, error);
    if (old != NULL) {
        process->space = old;
        usage_space_left(process);
        process->space = space;
        futex_exec(thread, old);
        space_put(old);
        vfork_release(thread);
        process_reset(thread);
    }
    exec_cred_take(thread, &cred, exec_image_inode(image));
    process->end_signal = SIGCHLD; /* whoever made it by clone doesn't know this program */
    process->abi = image->abi;
    program_take(process, &image->file);
    set_name(thread, path);
    arch_frame_init(&thread->frame, image->abi->word_size, loaded.entry, sp);
    return 0;
}

/* ---- execve ---- */

/* The references to `file` are taken over; `path` is what it is called. */
static int exec_file(struct thread *thread, const struct path *file, const char *path, const struct exec_source *source)
{
    struct exec_image image;
    struct exec_args args;
    struct layout layout;
    int tid = thread->tid, error = exec_image_open_file(&image, &thread->fs->cwd, file);

    if (error == 0 && image.script_count != 0 && source->is_inaccessible)
        error = -ENOENT; /* the interpreter couldn't open the script by its name */
    if (error == 0)
        error = inode_run_get(exec_image_inode(&image));
    if (error != 0) {
        exec_image_close(&image);
        return error;
    }
    layout_choose(&layout, image.abi, is_fixed(thread, &image));
    error = exec_args_init(&args, layout.random, image.abi->platform != NULL ? image.abi->platform : "",
                           image.abi->word_size);
    if (error == 0)
        error = exec_args_gather(&args, &image, path, source);
    if (error == 0)
        error = program_replace(thread, path, &image, &layout, &args);
    exec_args_fini(&args);
    inode_run_put(exec_image_inode(&image));
    exec_image_close(&image);
    if (error == 0)
        trace_exec(tid);
    return error;
}

static int exec_from(struct thread *thread, const char *path, const struct exec_source *source)
{
    struct path file;
    int error = exec_file_open(&thread->fs->cwd, path, &file);

    return error != 0 ? error : exec_file(thread, &file, path, source);
}

int exec_load(struct thread *thread, const char *path, const struct strings *argv, const struct strings *envp)
{
    struct exec_source source = {.argv = argv, .envp = envp};

    return path[0] != 0 ? exec_from(thread, path, &source) : -ENOENT;
}

/* Who has taken a user ID that has too many processes may still give some up; but it runs nothing else. */
static int nproc_check(struct thread *thread)
{
    if (thread->over_nproc && nproc_exceeded(thread, 0))
        return -EAGAIN;
    thread->over_nproc = false;
    return 0;
}

int64_t sys_execve(const uint64_t arg[6])
{
    struct exec_source source = {.user_argv = arg[1], .user_envp = arg[2]};
    struct user_path path;
    int error = user_path_get(&path, arg[0]);

    if (error != 0)
        return error;
    error = nproc_check(current_thread());
    if (error == 0)
        error = exec_from(current_thread(), path.name, &source);
    user_path_put(&path);
    return error;
}

/* ---- execveat ---- */

/* On an error the references are gone. */
static int named_file_check(const struct path *found)
{
    int error = S_ISLNK(path_inode(found)->mode) ? -ELOOP : exec_file_check(found);

    if (error != 0)
        path_put(found);
    return error;
}

/* An open file that never had a name. */
static int nameless_file(int dirfd, struct path *out)
{
    struct inode *inode = user_file((uint64_t)dirfd)->inode;

    if (inode == NULL || !S_ISREG(inode->mode) || permission(inode, MAY_EXEC) != 0)
        return -EACCES;
    return nameless_path(inode, "", 0, out);
}

/* The file that a descriptor and a path name, and what it is called then (execveat(2), "NOTES"). 0 or -errno. */
static int file_at(int dirfd, const struct user_path *path, unsigned flags, struct path *out, char *name)
{
    const char *at = path->name;
    bool is_plain = at[0] == '/' || dirfd == AT_FDCWD;
    int error = user_lookup_path_name(dirfd, at, flags, out);

    if (error != 0)
        return error;
    if (out->mount == NULL)
        error = nameless_file(dirfd, out);
    else
        error = named_file_check(out);
    if (error != 0)
        return error;
    exec_file_accessed(out);
    if (is_plain)
        snprintf(name, PAGE_SIZE, "%s", at);
    else
        snprintf(name, PAGE_SIZE, "/dev/fd/%d%s%s", dirfd, at[0] != 0 ? "/" : "", at);
    return 0;
}

static int64_t exec_at(int dirfd, const struct user_path *path, unsigned flags, struct exec_source *source)
{
    struct thread *thread = current_thread();
    struct page *page = page_alloc_dirty();
    struct path file;
    char *name;
    int error;

    if (page == NULL)
        return -ENOMEM;
    name = page_data(page);
    error = file_at(dirfd, path, flags, &file, name);
    if (error == 0) {
        source->is_inaccessible = path->name[0] != '/' && dirfd != AT_FDCWD && fd_cloexec(thread->files, dirfd) == 1;
        error = exec_file(thread, &file, name, source);
    }
    page_put(page);
    return error;
}

int64_t sys_execveat(const uint64_t arg[6])
{
    struct exec_source source = {.user_argv = arg[2], .user_envp = arg[3]};
    unsigned flags = (unsigned)arg[4];
    struct user_path path;
    int error;

    error = user_path_get_any(&path, arg[1]);
    if (error != 0)
        return error;
    error = path.name[0] == 0 && !(flags & AT_EMPTY_PATH) ? -ENOENT : 0;
    if (error == 0 && (flags & ~(unsigned)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)))
        error = -EINVAL;
    if (error == 0)
        error = nproc_check(current_thread());
    if (error == 0)
        error = (int)exec_at((int)arg[0], &path, flags, &source);
    user_path_put(&path);
    return error;
}
