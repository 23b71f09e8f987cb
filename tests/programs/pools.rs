// SPDX-License-Identifier: Apache-2.0

//! pools.rs - Rust: a pool of threads that park when there is nothing, take tasks from each other, and outlive tasks that panic.
use std::collections::VecDeque;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::thread::{self, JoinHandle, Thread};

const WORKERS: usize = 4;

type Task = Box<dyn FnOnce(&Shared) + Send>;

struct Shared {
    queues: Vec<Mutex<VecDeque<Task>>>,
    sleepers: Mutex<Vec<Thread>>,
    left: AtomicI64, // tasks that are queued or run
    next: AtomicUsize,
    ends: AtomicBool,
}

impl Shared {
    fn submit(&self, task: impl FnOnce(&Shared) + Send + 'static) {
        self.left.fetch_add(1, Ordering::SeqCst);
        let to = self.next.fetch_add(1, Ordering::Relaxed) % self.queues.len();
        self.queues[to].lock().unwrap().push_back(Box::new(task));
        if let Some(sleeper) = self.sleepers.lock().unwrap().pop() {
            sleeper.unpark();
        }
    }

    fn take(&self, own: usize) -> Option<Task> {
        let newest = self.queues[own].lock().unwrap().pop_back();
        newest.or_else(|| (1..self.queues.len()).find_map(|i| self.queues[(own + i) % self.queues.len()].lock().unwrap().pop_front()))
    }

    fn work(&self, own: usize) -> usize {
        let mut failed = 0;
        loop {
            while let Some(task) = self.take(own) {
                failed += catch_unwind(AssertUnwindSafe(|| task(self))).is_err() as usize;
                self.left.fetch_sub(1, Ordering::SeqCst);
            }
            self.sleepers.lock().unwrap().push(thread::current());
            if let Some(task) = self.take(own) {
                // One has come before anybody could know that this one sleeps.
                failed += catch_unwind(AssertUnwindSafe(|| task(self))).is_err() as usize;
                self.left.fetch_sub(1, Ordering::SeqCst);
            } else if self.ends.load(Ordering::SeqCst) && self.left.load(Ordering::SeqCst) == 0 {
                return failed;
            } else {
                thread::park();
            }
            self.sleepers.lock().unwrap().retain(|sleeper| sleeper.id() != thread::current().id());
        }
    }
}

struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<usize>>,
}

impl Pool {
    fn new(count: usize) -> Pool {
        let shared = Arc::new(Shared {
            queues: (0..count).map(|_| Mutex::new(VecDeque::new())).collect(),
            sleepers: Mutex::new(Vec::new()),
            left: AtomicI64::new(0),
            next: AtomicUsize::new(0),
            ends: AtomicBool::new(false),
        });
        let workers = (0..count)
            .map(|i| {
                let shared = shared.clone();
                thread::Builder::new().name(format!("worker {i}")).spawn(move || shared.work(i)).unwrap()
            })
            .collect();
        Pool { shared, workers }
    }

    /// Waits until all is done; how many tasks panicked.
    fn end(self) -> usize {
        self.shared.ends.store(true, Ordering::SeqCst);
        while self.workers.iter().any(|worker| !worker.is_finished()) {
            self.workers.iter().for_each(|worker| worker.thread().unpark());
            thread::yield_now();
        }
        self.workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    }
}

/// A tree of tasks: each makes two more.
fn grow(shared: &Shared, depth: u32, leaves: Arc<AtomicUsize>) {
    if depth == 0 {
        leaves.fetch_add(1, Ordering::Relaxed);
        return;
    }
    for _ in 0..2 {
        let leaves = leaves.clone();
        shared.submit(move |shared| grow(shared, depth - 1, leaves));
    }
}

fn tasks() {
    let pool = Pool::new(WORKERS);
    let (sender, receiver) = channel();
    for i in 0..2000u64 {
        let sender = sender.clone();
        pool.shared.submit(move |_| sender.send(i * i % 11).unwrap());
    }
    drop(sender);
    println!("small tasks: {}", receiver.iter().sum::<u64>());
    let leaves = Arc::new(AtomicUsize::new(0));
    grow(&pool.shared, 11, leaves.clone());
    for i in 0..20 {
        pool.shared.submit(move |_| assert!(i % 5 != 0, "on purpose"));
    }
    let failed = pool.end();
    println!("leaves: {}, panics: {failed}", leaves.load(Ordering::SeqCst));
}

/// Each thread sorts its part, and then merges what two of them have, on and on.
fn sorted() {
    let mut state = 88172645463325252u64;
    let mut numbers: Vec<u64> = (0..80000)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        })
        .collect();
    let mut length = numbers.len() / 16;
    thread::scope(|scope| numbers.chunks_mut(length).for_each(|part| drop(scope.spawn(move || part.sort_unstable()))));
    while length < numbers.len() {
        length *= 2;
        thread::scope(|scope| numbers.chunks_mut(length).for_each(|part| drop(scope.spawn(move || part.sort()))));
    }
    println!("sorted: {}, from {:x}", numbers.windows(2).all(|pair| pair[0] <= pair[1]), numbers[0]);
}

fn phases() {
    let barrier = Arc::new(Barrier::new(WORKERS));
    let cells = Arc::new((0..WORKERS).map(|i| AtomicUsize::new(i + 1)).collect::<Vec<_>>());
    let threads: Vec<_> = (0..WORKERS)
        .map(|i| {
            let (barrier, cells) = (barrier.clone(), cells.clone());
            thread::spawn(move || {
                for _ in 0..150 {
                    let sum: usize = cells.iter().map(|cell| cell.load(Ordering::Relaxed)).fold(0, usize::wrapping_add);
                    barrier.wait();
                    cells[i].store(sum.wrapping_mul(i + 3) % 1000003, Ordering::Relaxed);
                    barrier.wait();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    println!("phases: {:?}", cells);
}

fn main() {
    std::panic::set_hook(Box::new(|_| ()));
    tasks();
    sorted();
    phases();
    let ends = (1..30).map(|i| {
        let pool = Pool::new(1 + i % 5);
        let done = Arc::new(AtomicUsize::new(0));
        for _ in 0..8 {
            let done = done.clone();
            pool.shared.submit(move |_| drop(done.fetch_add(1, Ordering::SeqCst)));
        }
        pool.end();
        done.load(Ordering::SeqCst)
    });
    println!("pools that come and go: {}", ends.sum::<usize>());
}
