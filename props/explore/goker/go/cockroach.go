// The kernels of CockroachDB in Go: the same programs as those in TypeScript, with their bugs and without fixes.

package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

var cockroach = map[string]func(*K){
	"cockroach#584": func(k *K) {
		var mu sync.Mutex
		closed := true
		loop := func() {
			mu.Lock()
			if closed {
				return
			}
			mu.Unlock()
		}
		k.Go(func() { loop(); loop() })
	},
	"cockroach#1055": func(k *K) {
		type stopper struct {
			c           chan struct{}
			stop, drain sync.WaitGroup
			mu          sync.Mutex
			draining    atomic.Bool
		}
		all := []*stopper{{c: make(chan struct{})}, {c: make(chan struct{})}}
		for _, s := range all {
			s.stop.Add(1)
			k.Go(func() {
				if !s.draining.Load() {
					s.mu.Lock()
					s.drain.Add(1)
					s.mu.Unlock()
				}
				<-s.c
				s.stop.Done()
			})
		}
		for _, s := range all {
			s.mu.Lock()
			s.draining.Store(true)
			s.drain.Wait()
			s.draining.Store(false)
			s.mu.Unlock()
		}
		for _, s := range all {
			s.mu.Lock()
			s.draining.Store(true)
			s.drain.Wait()
			close(s.c)
			s.stop.Wait()
			s.mu.Unlock()
		}
	},
	"cockroach#1462": func(k *K) {
		var mu sync.Mutex
		var stop sync.WaitGroup
		events, stopper := make(chan int), make(chan struct{})
		stop.Add(2)
		k.Go(func() {
			defer stop.Done()
			for {
				select {
				case <-stopper:
					return
				default:
					events <- 0
				}
			}
		})
		k.Go(func() {
			defer stop.Done()
			for {
				select {
				case <-events:
				case <-stopper:
					return
				}
			}
		})
		mu.Lock()
		mu.Unlock()
		close(stopper)
		stop.Wait()
	},
	"cockroach#2448": func(k *K) {
		done, events, callbacks := make(chan struct{}), make(chan func()), make(chan func())
		handled := 0
		k.Go(func() {
			for {
				select {
				case event := <-events:
					event()
				case <-done:
					return
				}
			}
		})
		k.Go(func() {
			send := func() {
				events <- func() { callbacks <- func() { handled++ } }
			}
			for sent := 0; handled < 3; {
				if sent == 3 {
					(<-callbacks)()
					continue
				}
				select {
				case f := <-callbacks:
					f()
				default:
					sent++
					send()
				}
			}
			close(done)
		})
	},
	"cockroach#3710": func(k *K) {
		var mu sync.RWMutex
		var queue sync.Mutex
		k.Go(func() {
			mu.RLock()
			for range 2 {
				queue.Lock()
				mu.RLock()
				mu.RUnlock()
				queue.Unlock()
			}
			mu.RUnlock()
		})
		k.Go(func() {
			mu.Lock()
			mu.Unlock()
		})
	},
	"cockroach#6181": func(k *K) {
		var mu sync.RWMutex
		var wg sync.WaitGroup
		wg.Add(3)
		for range 3 {
			k.Go(func() {
				defer wg.Done()
				mu.RLock()
				mu.RLock()
				mu.RUnlock()
				mu.RUnlock()
				mu.Lock()
				mu.Unlock()
			})
		}
		wg.Wait()
	},
	"cockroach#7504": func(k *K) {
		var table, lease, cache sync.Mutex
		var wg sync.WaitGroup
		wg.Add(2)
		k.Go(func() {
			defer wg.Done()
			cache.Lock()
			lease.Lock()
			lease.Unlock()
			cache.Unlock()
		})
		k.Go(func() {
			defer wg.Done()
			table.Lock()
			lease.Lock()
			cache.Lock()
			cache.Unlock()
			lease.Unlock()
			table.Unlock()
		})
		wg.Wait()
	},
	"cockroach#9935": func(k *K) {
		var mu sync.Mutex
		k.Go(func() {
			mu.Lock()
			if choose(2) == 1 {
				mu.Lock()
				mu.Unlock()
			}
			mu.Unlock()
		})
	},
	"cockroach#10214": func(k *K) {
		var coalesced, raft sync.Mutex
		k.Go(func() {
			coalesced.Lock()
			for range 2 {
				raft.Lock()
				raft.Unlock()
			}
			coalesced.Unlock()
		})
		k.Go(func() {
			raft.Lock()
			for range 2 {
				coalesced.Lock()
				coalesced.Unlock()
			}
			raft.Unlock()
		})
	},
	"cockroach#10790": func(k *K) {
		chans := []chan bool{make(chan bool), make(chan bool)}
		ctx, cancel := context.WithCancel(context.Background())
		k.Go(func() {
			for _, ch := range chans {
				select {
				case ch <- true:
				case <-ctx.Done():
					return
				}
			}
		})
		k.Go(func() {
			for _, ch := range chans {
				select {
				case <-ch:
				case <-ctx.Done():
					k.Go(func() {
						for _, c := range chans {
							<-c
						}
					})
				}
			}
		})
		k.Go(cancel)
	},
	"cockroach#13197": func(k *K) {
		ctx, cancel := context.WithCancel(context.Background())
		k.Go(func() { <-ctx.Done() })
		_ = cancel
	},
	"cockroach#13755": func(k *K) {
		ctx, cancel := context.WithCancel(context.Background())
		closed := false
		k.Go(func() {
			<-ctx.Done()
			closed = true
		})
		_ = cancel
		time.Sleep(tick)
		_ = closed
	},
	"cockroach#16167": func(k *K) {
		var mu sync.RWMutex
		k.Go(func() {
			mu.Lock()
			mu.Unlock()
		})
		mu.RLock()
		mu.RLock()
		mu.RUnlock()
		mu.RUnlock()
	},
	"cockroach#18101": func(k *K) {
		ready := make(chan bool, 2)
		ctx, cancel := context.WithCancel(context.Background())
		k.Go(func() {
			k.Go(func() {
				defer close(ready)
				for range 4 {
					ready <- true
				}
			})
			if <-ready {
				<-ctx.Done()
			}
		})
		k.Go(cancel)
	},
	"cockroach#24808": func(k *K) {
		stopper, ch := make(chan struct{}), make(chan struct{}, 1)
		ch <- struct{}{}
		ch <- struct{}{}
		k.Go(func() {
			for {
				select {
				case <-stopper:
					return
				case <-ch:
				}
			}
		})
		close(stopper)
	},
	"cockroach#25456": func(k *K) {
		quiescer := make(chan struct{})
		for range 2 {
			<-quiescer
		}
	},
	"cockroach#35073": func(k *K) {
		rows := make(chan int, 2)
		var closed atomic.Bool
		push := func() {
			if !closed.Load() {
				rows <- 0
			}
		}
		push()
		push()
		var pushers sync.WaitGroup
		pushers.Add(2)
		for range 2 {
			k.Go(func() {
				defer pushers.Done()
				push()
			})
		}
		time.Sleep(tick)
		closed.Store(true)
		select {
		case <-rows:
		default:
		}
		pushers.Wait()
	},
	"cockroach#35931": func(k *K) {
		var registry sync.Mutex
		receivers := []chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)}
		receivers[0] <- struct{}{}
		registry.Lock()
		pending := append([]chan struct{}{}, receivers...)
		registry.Unlock()
		for _, receiver := range pending {
			receiver <- struct{}{}
		}
	},
	"cockroach#4407": func(k *K) {
		var stopMu, mu sync.Mutex
		var stop sync.WaitGroup
		stopped := false
		for range 2 {
			k.Go(func() {
				mu.Lock()
				defer mu.Unlock()
				stopMu.Lock()
				defer stopMu.Unlock()
				k.Check(!stopped)
				stop.Add(1)
				k.Go(func() {
					defer stop.Done()
					mu.Lock()
					mu.Unlock()
				})
			})
		}
		time.Sleep(tick)
		stopMu.Lock()
		stopMu.Unlock()
		stop.Wait()
		stopMu.Lock()
		stopped = true
		stopMu.Unlock()
	},
	"cockroach#35501": func(k *K) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		validated := map[string]bool{}
		var current atomic.Value
		for _, name := range []string{"a", "b", "c"} {
			current.Store(name)
			wg.Add(1)
			k.Go(func() {
				defer wg.Done()
				mu.Lock()
				defer mu.Unlock()
				validated[current.Load().(string)] = true
			})
		}
		wg.Wait()
		k.Check(len(validated) == 3)
	},
}
