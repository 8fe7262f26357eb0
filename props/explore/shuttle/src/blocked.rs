//! What the kernels need beside Shuttle's primitives: goroutines that main outlives, Go's WaitGroup, and a coin.

use shuttle::rand::{thread_rng, Rng};
use shuttle::sync::{Condvar, Mutex};
use shuttle::thread::{self, JoinHandle};

/// The goroutines of a kernel. A thread that nobody joins may be blocked for ever in Shuttle; one in here may not.
#[derive(Default)]
pub struct Goroutines(Vec<JoinHandle<()>>);

impl Goroutines {
    pub fn go(&mut self, body: impl FnOnce() + Send + 'static) {
        self.0.push(thread::spawn(body));
    }

    pub fn join(self) {
        // Shuttle's PCT refuses a program in which no two threads could ever run.
        thread::yield_now();
        for each in self.0 {
            each.join().unwrap();
        }
    }
}

/// sync.WaitGroup.
pub struct WaitGroup {
    count: Mutex<usize>,
    zero: Condvar,
}

impl WaitGroup {
    pub fn new(count: usize) -> Self {
        WaitGroup { count: Mutex::new(count), zero: Condvar::new() }
    }

    pub fn done(&self) {
        let mut count = self.count.lock().unwrap();
        *count -= 1;
        if *count == 0 {
            self.zero.notify_all();
        }
    }

    pub fn wait(&self) {
        let mut count = self.count.lock().unwrap();
        while *count > 0 {
            count = self.zero.wait(count).unwrap();
        }
    }
}

/// Whether something happens that may happen or not.
pub fn coin() -> bool {
    thread_rng().gen::<bool>()
}
