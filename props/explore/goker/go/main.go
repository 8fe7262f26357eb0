// Command goker runs the kernels of GoKer, retold: -kernel NAME -runs N prints how many of N runs show the bug.
//
// A run shows it when it panics, when a check fails, or when goroutines of it are left that do not end. Go's own verdict
// on a deadlock is of a whole program, so each run counts its goroutines, and those that are left after a while are stuck.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"time"
)

// tick is what a millisecond of the kernels' fake clock is here.
const tick = 100 * time.Microsecond

// patience is how long a run may take before the next one starts beside it; grace, how long the last ones have after that.
const (
	patience = 3 * time.Millisecond
	grace    = time.Second
)

// K is one run of a kernel.
type K struct {
	live   atomic.Int64
	failed atomic.Bool
}

// Go starts a goroutine of the run.
func (k *K) Go(f func()) {
	k.live.Add(1)
	go func() {
		defer k.live.Add(-1)
		defer func() {
			if recover() != nil {
				k.failed.Store(true)
			}
		}()
		f()
	}()
}

// Check fails the run.
func (k *K) Check(holds bool) {
	if !holds {
		k.failed.Store(true)
	}
}

// ended waits for the run's goroutines.
func (k *K) ended(limit time.Duration) bool {
	for end := time.Now().Add(limit); k.live.Load() != 0; {
		if time.Now().After(end) {
			return false
		}
		time.Sleep(10 * time.Microsecond)
	}
	return true
}

// choose draws one of n outcomes.
func choose(n int) int { return rand.IntN(n) }

var kernels = merged(cockroach, etcd, grpc, hugo, istio, kubernetes, moby, serving, syncthing)

func merged(parts ...map[string]func(*K)) map[string]func(*K) {
	all := map[string]func(*K){}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

func main() {
	name := flag.String("kernel", "", "kernel to run; all their names without it")
	runs := flag.Int("runs", 100, "how often")
	flag.Parse()
	if *name == "" {
		for _, name := range slices.Sorted(maps.Keys(kernels)) {
			fmt.Println(name)
		}
		return
	}
	kernel := kernels[*name]
	if kernel == nil {
		fmt.Fprintf(os.Stderr, "goker: no kernel %q\n", *name)
		os.Exit(2)
	}
	all := make([]*K, *runs)
	for i := range all {
		k := &K{}
		all[i] = k
		k.Go(func() { kernel(k) })
		k.ended(patience)
	}
	shown := 0
	for end := time.Now().Add(grace); ; {
		shown = 0
		left := false
		for _, k := range all {
			if k.live.Load() != 0 {
				left = true
			}
			if k.failed.Load() || k.live.Load() != 0 {
				shown++
			}
		}
		if !left || time.Now().After(end) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{"shown": shown, "of": *runs, "procs": runtime.GOMAXPROCS(0)})
}
