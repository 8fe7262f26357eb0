// The rows of several Ps, which bench/programs/procs.ts has for gobuf.

package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// ps is how many Ps the rows of several have. They set it by themselves, whatever GOMAXPROCS the process has.
const ps = 2

// roundsOfMs rounds of a task take about a millisecond: ROUNDS_OF_MS of bench/programs/procs.ts.
const roundsOfMs = 400_000

// withPs runs f with so many Ps. Gives its check and the time that it took.
func withPs(procs, n int, f func(n int) int) (int, int64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	start := time.Now()
	check := f(n)
	return check, time.Since(start).Nanoseconds()
}

// onPs is a program with one P, and then with several.
func onPs(f func(n int) int) program {
	return func(n int) (int, []int64) {
		one, first := withPs(1, n, f)
		several, second := withPs(ps, n, f)
		if one != several {
			return -1, []int64{first, second}
		}
		return one, []int64{first, second}
	}
}

var sink atomic.Uint64

func tasks(n int) int {
	var wg sync.WaitGroup
	var done atomic.Int64
	for id := range n {
		wg.Go(func() {
			x := uint64(id + 1)
			for range roundsOfMs {
				x ^= x << 13
				x ^= x >> 7
				x ^= x << 17
			}
			sink.Store(x)
			done.Add(1)
		})
	}
	wg.Wait()
	return int(done.Load())
}

func word(n int) int {
	there, back := make(chan int), make(chan int)
	go func() {
		for i := 0; i < n; i++ {
			back <- <-there
		}
	}()
	sum := 0
	for i := 0; i < n; i++ {
		there <- i
		sum += <-back
	}
	return sum
}

// steal starts a goroutine and keeps its own P until another M has run that.
func steal(n int) (int, []int64) {
	var done atomic.Int64
	check, ns := withPs(ps, n, func(n int) int {
		for i := range n {
			go done.Add(1)
			for done.Load() <= int64(i) {
			}
		}
		return int(done.Load())
	})
	return check, []int64{ns}
}
