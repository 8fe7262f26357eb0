// The program makes goroutines change their status in every way that a program can bring about, and prints which changes
// there were: garbage collection, stopped worlds, a heap dump, traces, calls from threads of C, coroutines, stacks that
// grow, loops that are preempted, system calls, and the profile of leaked goroutines where Go has it.
package main

/*
#include <pthread.h>

extern void fromC(void);

static void *thread(void *unused) {
	fromC();
	return unused;
}

static void onThread(void) {
	pthread_t id;
	if (pthread_create(&id, 0, thread, 0) == 0) pthread_join(id, 0);
}
*/
import "C"

import (
	"encoding/json"
	"io"
	"iter"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	_ "unsafe"
)

//go:linkname gobufStatusCount runtime.gobufStatusCount
func gobufStatusCount(from, to int) uint32

const statuses = 32

// The program stops when a round has shown nothing new for so many times, for what threads do is a matter of chance.
const (
	roundsMin = 15
	still     = 8
	roundsMax = 100
)

//export fromC
func fromC() {
	runtime.Gosched()
	runtime.GC()
}

func grow(depth int) byte {
	var frame [512]byte
	frame[depth%len(frame)] = byte(depth)
	if depth > 0 {
		return grow(depth-1) + frame[0]
	}
	return frame[0]
}

var never = make(chan int)

func leak() {
	hidden := make(chan int)
	go func() { <-hidden }()
}

// leaky is the first round with the profile of leaks: a heap dump behind it throws, for it does not know a leaked goroutine.
const leaky = 10

func round(number int) {
	var all sync.WaitGroup
	var stop atomic.Bool
	start := func(f func()) {
		all.Add(1)
		go func() {
			defer all.Done()
			f()
		}()
	}
	for range 3 {
		start(func() {
			for n := 0; !stop.Load(); n++ {
				if n%1000 == 0 {
					runtime.Gosched()
				}
			}
		})
	}
	start(func() {
		for !stop.Load() {
		}
	})
	start(func() { grow(2000) })
	start(func() {
		next, done := iter.Pull(func(yield func(int) bool) {
			for i := range 100 {
				if !yield(i) {
					return
				}
			}
		})
		for i := range 50 {
			if i%10 == 0 {
				runtime.Gosched()
			}
			next()
		}
		done()
	})
	start(func() { C.onThread() })
	start(func() {
		read, write, err := os.Pipe()
		check(err)
		start(func() {
			time.Sleep(time.Millisecond)
			write.Write([]byte("x"))
			write.Close()
		})
		io.ReadAll(read)
		read.Close()
		for range 100 {
			os.Getppid()
		}
	})
	start(func() {
		var garbage [][]byte
		for range 2000 {
			garbage = append(garbage, make([]byte, 1<<12))
		}
		runtime.KeepAlive(garbage)
	})
	check(trace.Start(io.Discard))
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	trace.Stop()
	if number < leaky {
		null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		check(err)
		debug.WriteHeapDump(null.Fd())
		null.Close()
	} else if leaks := pprof.Lookup("goroutineleak"); leaks != nil {
		leak()
		check(leaks.WriteTo(io.Discard, 0))
		check(leaks.WriteTo(io.Discard, 0))
	}
	procs := runtime.GOMAXPROCS(2)
	runtime.GOMAXPROCS(procs + 1)
	stop.Store(true)
	all.Wait()
}

func main() {
	go func() { <-never }()
	seen, since := 0, 0
	for i := 0; i < roundsMin || (since < still && i < roundsMax); i++ {
		round(i)
		if n := len(taken()); n > seen {
			seen, since = n, 0
		} else {
			since++
		}
	}
	out, err := json.Marshal(map[string]any{"taken": taken()})
	check(err)
	os.Stdout.Write(append(out, '\n'))
}

// taken has each change that there was, as the numbers of its statuses.
func taken() []string {
	changes := []string{}
	for from := range statuses {
		for to := range statuses {
			if gobufStatusCount(from, to) > 0 {
				changes = append(changes, strconv.Itoa(from)+">"+strconv.Itoa(to))
			}
		}
	}
	return changes
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
