/* SPDX-License-Identifier: Apache-2.0 */
/* rseq.h - restartable sequences (rseq(2)): a thread that loses the CPU, or gets a signal, in a critical section that
 * it has told of goes on at the section's abort address. */
#ifndef GK_CORE_RSEQ_H
#define GK_CORE_RSEQ_H

struct thread;

/* The current thread, which has registered (thread->rseq), had lost the CPU, or a signal is about to be delivered, and
 * its program is going to run on. A registered structure that isn't right costs it a SIGSEGV. */
void rseq_resume(struct thread *thread);
/* Says in the thread's structure that it is on no CPU. 0 or -EFAULT. */
int rseq_clear(const struct thread *thread);

#endif
