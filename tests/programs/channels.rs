// SPDX-License-Identifier: Apache-2.0

//! channels.rs - Rust: threads, channels, scoped threads, locks, panics of threads, thread-local data.
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{channel, sync_channel, RecvTimeoutError};
use std::sync::{Arc, Barrier, Condvar, Mutex, Once, RwLock};
use std::thread;
use std::time::{Duration, Instant};

thread_local!(static LOCAL: Cell<u32> = Cell::new(7));

fn channels() {
    let (sender, receiver) = channel();
    let threads: Vec<_> = (0..6u64)
        .map(|i| {
            let sender = sender.clone();
            thread::spawn(move || (0..300).for_each(|n| sender.send(i * 1000 + n).unwrap()))
        })
        .collect();
    drop(sender);
    let sum: u64 = receiver.iter().sum();
    threads.into_iter().for_each(|t| t.join().unwrap());
    println!("channel: {sum}");
    let (sender, receiver) = sync_channel(2);
    let producer = thread::spawn(move || (0..200).for_each(|n| sender.send(n).unwrap()));
    println!("bounded: {}", receiver.iter().sum::<i32>());
    producer.join().unwrap();
    let (sender, receiver) = channel::<()>();
    println!("timeout: {}", receiver.recv_timeout(Duration::from_millis(3)) == Err(RecvTimeoutError::Timeout));
    drop(sender);
    println!("closed: {:?}", receiver.recv());
}

fn locks() {
    let shared = Arc::new((Mutex::new(0), Condvar::new()));
    let table = Arc::new(RwLock::new(BTreeMap::new()));
    let barrier = Arc::new(Barrier::new(5));
    let leaders = Arc::new(AtomicUsize::new(0));
    static ONCE: Once = Once::new();
    static ONCES: AtomicUsize = AtomicUsize::new(0);
    let threads: Vec<_> = (0..5)
        .map(|i| {
            let (shared, table, barrier, leaders) = (shared.clone(), table.clone(), barrier.clone(), leaders.clone());
            thread::Builder::new()
                .name(format!("worker {i}"))
                .spawn(move || {
                    ONCE.call_once(|| {
                        ONCES.fetch_add(1, Ordering::SeqCst);
                    });
                    let (turn, changed) = &*shared;
                    for _ in 0..40 {
                        let mut turn = changed.wait_while(turn.lock().unwrap(), |turn| *turn % 5 != i).unwrap();
                        *turn += 1;
                        changed.notify_all();
                    }
                    for n in 0..50 {
                        *table.write().unwrap().entry(n % 10).or_insert(0) += 1;
                        assert!(table.read().unwrap().len() <= 10);
                    }
                    if barrier.wait().is_leader() {
                        leaders.fetch_add(1, Ordering::SeqCst);
                    }
                    LOCAL.with(|local| local.replace(i)) == 7
                })
                .unwrap()
        })
        .collect();
    let fresh = threads.into_iter().filter(|_| true).map(|t| t.join().unwrap()).filter(|fresh| *fresh).count();
    println!("turns: {}, table: {:?}", shared.0.lock().unwrap(), table.read().unwrap());
    println!("leaders: {}, once: {}, fresh: {fresh}", leaders.load(Ordering::SeqCst), ONCES.load(Ordering::SeqCst));
}

fn panics() {
    let poisoned = Arc::new(Mutex::new(1));
    let inner = poisoned.clone();
    std::panic::set_hook(Box::new(|_| ()));
    let result = thread::spawn(move || {
        let _guard = inner.lock().unwrap();
        panic!("on purpose");
    })
    .join();
    println!("panic: {:?}, poisoned: {}", result.unwrap_err().downcast_ref::<&str>(), poisoned.is_poisoned());
    let caught = std::panic::catch_unwind(|| Vec::<u8>::new()[3]);
    println!("caught: {}", caught.is_err());
}

fn main() {
    channels();
    locks();
    panics();
    let mut numbers = vec![0u64; 64];
    thread::scope(|scope| {
        for (i, part) in numbers.chunks_mut(8).enumerate() {
            scope.spawn(move || part.iter_mut().enumerate().for_each(|(n, x)| *x = (i * 8 + n) as u64));
        }
    });
    println!("scoped: {}", numbers.iter().sum::<u64>());
    let parked = thread::spawn(|| {
        thread::park();
        "unparked"
    });
    parked.thread().unpark();
    println!("{}", parked.join().unwrap());
    let before = Instant::now();
    thread::sleep(Duration::from_millis(2));
    println!("slept: {}", before.elapsed() >= Duration::from_millis(2));
}
