// The workloads of ../workloads.ts in Go: reads their descriptions from its input, a line of JSON each, runs each under an
// execution trace, and prints a line of JSON for each: what came of it. How many Ps there are is GOMAXPROCS.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A given is a description: kind, and what was drawn for it.
type given struct {
	Kind string `json:"kind"`
	// Trace is the file of the execution trace.
	Trace string         `json:"trace"`
	N     map[string]int `json:"numbers"`
}

type results map[string]int

var kinds = map[string]func(n map[string]int) results{
	"yields": yields, "passes": passes, "selects": selects, "locks": locks, "trees": trees, "sleeps": sleeps, "blocks": blocks, "retakes": retakes,
	"deadlock": deadlock,
}

func yields(n map[string]int) results {
	var wg sync.WaitGroup
	var turns atomic.Int64
	for range n["goroutines"] {
		wg.Go(func() {
			for range n["count"] {
				runtime.Gosched()
				turns.Add(1)
			}
		})
	}
	wg.Wait()
	return results{"turns": int(turns.Load())}
}

const mask = 1<<32 - 1

func passes(n map[string]int) results {
	c := make(chan uint64, n["capacity"])
	var sent, received sync.WaitGroup
	var words, sum, bad atomic.Int64
	for range n["receivers"] + n["generators"] {
		received.Go(func() {
			next := map[uint64]uint64{}
			for v := range c {
				id, k := v>>32, v&mask
				if k < next[id] {
					bad.Add(1)
				}
				next[id] = k + 1
				words.Add(1)
				sum.Add(int64(k))
			}
		})
	}
	for id := range n["senders"] {
		sent.Go(func() {
			for k := range n["count"] {
				c <- uint64(id)<<32 | uint64(k)
			}
		})
	}
	sent.Wait()
	close(c)
	received.Wait()
	return results{"words": int(words.Load()), "sum": int(sum.Load()), "bad": int(bad.Load())}
}

func selects(n map[string]int) results {
	x, y := make(chan uint64, n["a"]), make(chan uint64, n["b"])
	var sent, received sync.WaitGroup
	var words atomic.Int64
	for i := range n["selectors"] {
		received.Go(func() {
			p, q := x, y
			if i%2 == 1 {
				p, q = y, x
			}
			for p != nil || q != nil {
				select {
				case _, ok := <-p:
					if !ok {
						p = nil
						continue
					}
				case _, ok := <-q:
					if !ok {
						q = nil
						continue
					}
				}
				words.Add(1)
			}
		})
	}
	for id := range n["senders"] {
		sent.Go(func() {
			for k := range n["count"] {
				v := uint64(id)<<32 | uint64(k)
				select {
				case x <- v:
				case y <- v:
				}
			}
		})
	}
	sent.Wait()
	close(x)
	close(y)
	received.Wait()
	return results{"words": int(words.Load())}
}

func locks(n map[string]int) results {
	var mutex sync.Mutex
	var wg sync.WaitGroup
	word := 0
	add := func(yields bool) {
		mutex.Lock()
		before := word
		if yields {
			runtime.Gosched()
		}
		word = before + 1
		mutex.Unlock()
	}
	for range n["goroutines"] {
		wg.Go(func() {
			for k := range n["count"] {
				add(k%7 == 0)
			}
		})
	}
	for range n["generators"] {
		wg.Go(func() {
			for range 20 {
				add(true)
			}
		})
	}
	wg.Wait()
	return results{"word": word}
}

func trees(n map[string]int) results {
	var wg sync.WaitGroup
	var done atomic.Int64
	count := n["count"]
	wg.Add(count)
	var node func(id int)
	node = func(id int) {
		for child := 2*id + 1; child <= 2*id+2 && child < count; child++ {
			go node(child)
		}
		done.Add(1)
		wg.Done()
	}
	go node(0)
	wg.Wait()
	return results{"goroutines": int(done.Load())}
}

func sleeps(n map[string]int) results {
	var wg sync.WaitGroup
	var done atomic.Int64
	for i := range n["goroutines"] {
		wg.Go(func() {
			for range 5 {
				time.Sleep(time.Duration(1000 * (1 + (i*97)%500)))
				done.Add(1)
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			x := uint64(1)
			for range 200_000 {
				x ^= x << 13
				x ^= x >> 7
				x ^= x << 17
			}
			if x != 0 {
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return results{"done": int(done.Load())}
}

// block blocks its thread: Go knows of a system call.
func block(d time.Duration) {
	t := syscall.NsecToTimespec(d.Nanoseconds())
	syscall.Nanosleep(&t, nil)
}

func blocks(n map[string]int) results {
	var wg sync.WaitGroup
	var turns atomic.Int64
	for i := range n["goroutines"] {
		wg.Go(func() {
			if i%2 == 0 {
				for range n["count"] {
					syscall.Getppid()
				}
				return
			}
			for range 5 {
				block([]time.Duration{1000, 100_000, 2_000_000}[i%3])
			}
		})
	}
	for range n["others"] {
		wg.Go(func() {
			for range 4 * n["count"] {
				runtime.Gosched()
				turns.Add(1)
			}
		})
	}
	wg.Wait()
	return results{"turns": int(turns.Load())}
}

func retakes(n map[string]int) results {
	var calls, spun sync.WaitGroup
	var done atomic.Int64
	var stop atomic.Bool
	calls.Go(func() {
		for range n["calls"] {
			block(time.Duration(n["ms"]) * time.Millisecond)
			done.Add(1)
		}
	})
	for range n["spinners"] {
		spun.Go(func() {
			for !stop.Load() {
			}
			done.Add(1)
		})
	}
	calls.Wait()
	stop.Store(true)
	spun.Wait()
	return results{"done": int(done.Load())}
}

func deadlock(n map[string]int) results {
	c := make(chan uint64, n["capacity"])
	for range n["goroutines"] {
		go func() { <-c }()
	}
	<-make(chan int)
	return nil
}

func run(g given) results {
	f, ok := kinds[g.Kind]
	if !ok {
		return results{"unknown": 1}
	}
	// The goroutine that writes a trace is never dead: with it, nothing is a deadlock.
	if g.Trace == "" {
		return f(g.N)
	}
	file, err := os.Create(g.Trace)
	if err == nil {
		err = trace.Start(file)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer file.Close()
	defer trace.Stop()
	return f(g.N)
}

func main() {
	out := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var g given
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := out.Encode(run(g)); err != nil {
			os.Exit(1)
		}
	}
}
