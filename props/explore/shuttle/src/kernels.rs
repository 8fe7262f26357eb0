//! Kernels of GoKer with locks and channels, as in ../goker: the same goroutines with the same operations in the same
//! order, as far as std's primitives go. A closed channel is one whose sender is dropped. `fixed` is the twin.

use crate::blocked::{coin, Goroutines, WaitGroup};
use shuttle::sync::mpsc::{sync_channel, TryRecvError};
use shuttle::sync::{Arc, Condvar, Mutex, Once, RwLock};
use shuttle::thread;

/// A kernel: built of the bug, or of its fix.
pub type Kernel = fn(bool);

pub const KERNELS: &[(&str, Kernel)] = &[
    ("cockroach#7504", cockroach_7504),
    ("cockroach#9935", cockroach_9935),
    ("cockroach#10214", cockroach_10214),
    ("grpc#1460", grpc_1460),
    ("hugo#3251", hugo_3251),
    ("istio#16224", istio_16224),
    ("kubernetes#1321", kubernetes_1321),
    ("kubernetes#10182", kubernetes_10182),
    ("kubernetes#11298", kubernetes_11298),
    ("kubernetes#13135", kubernetes_13135),
    ("kubernetes#26980", kubernetes_26980),
    ("kubernetes#30872", kubernetes_30872),
    ("kubernetes#38669", kubernetes_38669),
    ("moby#4951", moby_4951),
    ("moby#7559", moby_7559),
    ("moby#25384", moby_25384),
    ("moby#28462", moby_28462),
    ("moby#29733", moby_29733),
    ("moby#30408", moby_30408),
    ("moby#36114", moby_36114),
];

fn cockroach_7504(fixed: bool) {
    let (table, lease, cache) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let mut all = Goroutines::default();
    let (lease1, cache1) = (lease.clone(), cache.clone());
    all.go(move || {
        let held = cache1.lock().unwrap();
        let held = if fixed { drop(held); None } else { Some(held) };
        drop(lease1.lock().unwrap());
        drop(held);
    });
    all.go(move || {
        let _table = table.lock().unwrap();
        let _lease = lease.lock().unwrap();
        let _cache = cache.lock().unwrap();
    });
    all.join();
}

fn cockroach_9935(fixed: bool) {
    let mu = Arc::new(Mutex::new(()));
    let mut all = Goroutines::default();
    all.go(move || {
        let held = mu.lock().unwrap();
        let failed = coin();
        let held = if failed && fixed { drop(held); None } else { Some(held) };
        if failed {
            drop(mu.lock().unwrap());
        }
        drop(held);
    });
    all.join();
}

fn cockroach_10214(fixed: bool) {
    let (coalesced, raft) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let mut all = Goroutines::default();
    let (coalesced1, raft1) = (coalesced.clone(), raft.clone());
    all.go(move || {
        let held = coalesced1.lock().unwrap();
        let held = if fixed { drop(held); None } else { Some(held) };
        for _ in 0..2 {
            drop(raft1.lock().unwrap());
        }
        drop(held);
    });
    all.go(move || {
        let _raft = raft.lock().unwrap();
        for _ in 0..2 {
            drop(coalesced.lock().unwrap());
        }
    });
    all.join();
}

fn grpc_1460(fixed: bool) {
    let streams = Arc::new(Mutex::new(0));
    let (awaken, awoken) = sync_channel::<()>(if fixed { 1 } else { 0 });
    let mut all = Goroutines::default();
    let streams1 = streams.clone();
    // In Go nobody closes the channel: the sender lives as long as the receiver waits.
    let open = awaken.clone();
    all.go(move || {
        let held = streams1.lock().unwrap();
        if *held > 0 {
            return;
        }
        let held = if fixed { drop(held); None } else { Some(held) };
        awoken.recv().unwrap();
        drop(held);
    });
    all.go(move || {
        let mut held = streams.lock().unwrap();
        *held += 1;
        let _ = awaken.try_send(());
    });
    all.join();
    drop(open);
}

fn hugo_3251(fixed: bool) {
    let (table, url) = (Arc::new(RwLock::new(())), Arc::new(Mutex::new(())));
    let mut all = Goroutines::default();
    for _ in 0..3 {
        let (table, url) = (table.clone(), url.clone());
        all.go(move || {
            let held = table.write().unwrap();
            let held = if fixed { drop(held); None } else { Some(held) };
            let mine = url.lock().unwrap();
            drop(held);
            thread::yield_now();
            let read = table.read().unwrap();
            drop(mine);
            drop(read);
        });
    }
    all.join();
}

fn istio_16224(fixed: bool) {
    let (event, events) = sync_channel::<()>(0);
    let (done, is_done) = sync_channel::<()>(if fixed { 1 } else { 0 });
    let mu = Arc::new(Mutex::new(()));
    let mut all = Goroutines::default();
    let mu1 = mu.clone();
    all.go(move || {
        while events.recv().is_ok() {
            let _held = mu1.lock().unwrap();
            done.send(()).unwrap();
        }
    });
    event.send(()).unwrap();
    drop(mu.lock().unwrap());
    is_done.recv().unwrap();
    drop(event);
    all.join();
}

fn kubernetes_1321(fixed: bool) {
    // Fixed: the channel has room for all, in place of Go's select with a stop, which std does not have.
    let (result, results) = sync_channel::<()>(if fixed { 3 } else { 0 });
    let watchers = Arc::new(Mutex::new(vec![result]));
    let mut all = Goroutines::default();
    let watchers1 = watchers.clone();
    all.go(move || {
        for _ in 0..3 {
            let held = watchers1.lock().unwrap();
            for each in held.iter() {
                each.send(()).unwrap();
            }
        }
    });
    thread::yield_now();
    watchers.lock().unwrap().clear();
    all.join();
    drop(results);
}

fn kubernetes_10182(fixed: bool) {
    let mu = Arc::new(RwLock::new(()));
    let (status, statuses) = sync_channel::<bool>(0);
    let mut all = Goroutines::default();
    let mu1 = mu.clone();
    all.go(move || {
        for _ in 0..2 {
            statuses.recv().unwrap();
            drop(mu1.write().unwrap());
        }
    });
    for _ in 0..2 {
        let (mu, status) = (mu.clone(), status.clone());
        all.go(move || {
            let held = mu.write().unwrap();
            let held = if fixed { drop(held); None } else { Some(held) };
            status.send(true).unwrap();
            drop(held);
        });
    }
    all.join();
}

fn kubernetes_11298(fixed: bool) {
    let (abort, aborts) = sync_channel::<()>(0);
    let (waited, has_waited) = sync_channel::<()>(0);
    let aborted = Arc::new((Mutex::new(()), shuttle::sync::atomic::AtomicBool::new(false), Condvar::new()));
    let order = shuttle::sync::atomic::Ordering::SeqCst;
    let mut all = Goroutines::default();
    let waiter = aborted.clone();
    all.go(move || {
        let held = waiter.0.lock().unwrap();
        if !fixed || !waiter.1.load(order) {
            drop(waiter.2.wait(held).unwrap());
        }
        drop(waited);
    });
    all.go(move || {
        let _ = aborts.recv();
        let held = if fixed { Some(aborted.0.lock().unwrap()) } else { None };
        aborted.1.store(true, order);
        aborted.2.notify_one();
        drop(held);
        let _ = has_waited.recv();
    });
    all.go(move || {
        thread::yield_now();
        drop(abort);
    });
    all.join();
}

fn kubernetes_13135(fixed: bool) {
    let (cacher, cache) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let initialized = Arc::new(WaitGroup::new(1));
    let (stop, stops) = sync_channel::<()>(0);
    let mut all = Goroutines::default();
    let (cacher1, cache1, initialized1) = (cacher.clone(), cache.clone(), initialized.clone());
    all.go(move || {
        let once = Once::new();
        for _ in 0..3 {
            if stops.try_recv() == Err(TryRecvError::Disconnected) {
                return;
            }
            let held = if fixed { None } else { Some(cacher1.lock().unwrap()) };
            let inner = cache1.lock().unwrap();
            once.call_once(|| initialized1.done());
            drop(held);
            drop(inner);
        }
    });
    initialized.wait();
    all.go(move || {
        let _cache = cache.lock().unwrap();
        let _cacher = cacher.lock().unwrap();
    });
    all.go(move || drop(stop));
    all.join();
}

fn kubernetes_26980(fixed: bool) {
    let pending = Arc::new(RwLock::new(vec![1]));
    let (stop, stops) = sync_channel::<()>(0);
    let (taken, is_taken) = sync_channel::<()>(0);
    let mut all = Goroutines::default();
    let pending1 = pending.clone();
    all.go(move || {
        let mut held = pending1.write().unwrap();
        held.pop();
        let held = if fixed { drop(held); None } else { Some(held) };
        let _ = stops.recv();
        drop(held);
    });
    all.go(move || {
        let held = pending.write().unwrap();
        drop(taken);
        drop(held);
    });
    let _ = is_taken.recv();
    drop(stop);
    all.join();
}

fn kubernetes_30872(fixed: bool) {
    let (informer, fifo) = (Arc::new(Mutex::new(())), Arc::new(RwLock::new(())));
    let (stop, stops) = sync_channel::<()>(0);
    let (stop_informer, informer_stops) = sync_channel::<()>(0);
    let mut all = Goroutines::default();
    let (informer1, fifo1) = (informer.clone(), fifo.clone());
    all.go(move || {
        for _ in 0..2 {
            if informer_stops.try_recv() == Err(TryRecvError::Disconnected) {
                return;
            }
            let held = fifo1.write().unwrap();
            let held = if fixed { drop(held); None } else { Some(held) };
            drop(informer1.lock().unwrap());
            drop(held);
        }
    });
    let (informer2, fifo2) = (informer.clone(), fifo.clone());
    all.go(move || {
        let _informer = informer2.lock().unwrap();
        drop(fifo2.write().unwrap());
    });
    all.go(move || {
        let _ = stops.recv();
        let held = informer.lock().unwrap();
        drop(stop_informer);
        drop(held);
    });
    drop(stop);
    all.join();
}

fn kubernetes_38669(fixed: bool) {
    let (input, inputs) = sync_channel::<u8>(0);
    let (result, results) = sync_channel::<u8>(if fixed { 2 } else { 0 });
    let mut all = Goroutines::default();
    all.go(move || {
        for event in [1, 2] {
            result.send(event).unwrap();
        }
        while inputs.recv().is_ok() {}
    });
    drop(input);
    all.join();
    drop(results);
}

fn moby_4951(fixed: bool) {
    let (devices, info) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let mut all = Goroutines::default();
    for _ in 0..2 {
        let (devices, info) = (devices.clone(), info.clone());
        all.go(move || {
            let first = if fixed { Some(info.lock().unwrap()) } else { None };
            let held = devices.lock().unwrap();
            let second = if fixed { None } else { Some(info.lock().unwrap()) };
            drop(held);
            thread::yield_now();
            let held = devices.lock().unwrap();
            drop(second);
            drop(held);
            drop(first);
        });
    }
    all.join();
}

fn moby_7559(fixed: bool) {
    let mu = Arc::new(Mutex::new(()));
    let mut all = Goroutines::default();
    all.go(move || {
        let mut kept = Vec::new();
        for _ in 0..2 {
            let held = mu.lock().unwrap();
            let dialled = coin();
            if !dialled && !fixed {
                kept.push(held);
            }
            if dialled {
                break;
            }
        }
    });
    all.join();
}

fn moby_25384(fixed: bool) {
    let group = Arc::new(WaitGroup::new(2));
    let mut all = Goroutines::default();
    for _ in 0..2 {
        let plugin = group.clone();
        all.go(move || plugin.done());
        if !fixed {
            group.wait();
        }
    }
    group.wait();
    all.join();
}

fn moby_28462(fixed: bool) {
    let mu = Arc::new(Mutex::new(()));
    let (stop, stops) = sync_channel::<()>(if fixed { 1 } else { 0 });
    let mut all = Goroutines::default();
    let mu1 = mu.clone();
    all.go(move || {
        while stops.try_recv().is_err() {
            drop(mu1.lock().unwrap());
            thread::yield_now();
        }
    });
    all.go(move || {
        let _held = mu.lock().unwrap();
        stop.send(()).unwrap();
    });
    all.join();
}

fn moby_29733(fixed: bool) {
    let plugin = Arc::new((Mutex::new(false), Condvar::new()));
    let mut all = Goroutines::default();
    let waiting = plugin.clone();
    all.go(move || {
        let mut activated = waiting.0.lock().unwrap();
        while !*activated {
            activated = waiting.1.wait(activated).unwrap();
        }
    });
    all.go(move || {
        let mut activated = plugin.0.lock().unwrap();
        *activated = true;
        if fixed {
            plugin.1.notify_all();
        }
    });
    all.join();
}

fn moby_30408(fixed: bool) {
    // What the plugin has: a manifest, an error.
    let plugin = Arc::new((Mutex::new((false, false)), Condvar::new()));
    let mut all = Goroutines::default();
    let waiting = plugin.clone();
    all.go(move || {
        let mut has = waiting.0.lock().unwrap();
        while !has.0 && !(fixed && has.1) {
            has = waiting.1.wait(has).unwrap();
        }
    });
    all.go(move || {
        plugin.0.lock().unwrap().1 = true;
        plugin.1.notify_all();
    });
    all.join();
}

fn moby_36114(fixed: bool) {
    let vm = Arc::new(Mutex::new(()));
    let mut all = Goroutines::default();
    all.go(move || {
        let held = vm.lock().unwrap();
        let held = if fixed { drop(held); None } else { Some(held) };
        drop(vm.lock().unwrap());
        drop(held);
    });
    all.join();
}
