// The kernels of etcd in Go: the same programs as those in TypeScript, with their bugs and without fixes.

package main

import (
	"sync"
	"sync/atomic"
	"time"
)

var etcd = map[string]func(*K){
	"etcd#5509": func(k *K) {
		var mu sync.RWMutex
		closed := false
		done := make(chan struct{})
		k.Go(func() {
			defer close(done)
			for range 2 {
				mu.RLock()
				if closed {
					return
				}
				mu.RUnlock()
			}
		})
		mu.Lock()
		closed = true
		mu.Unlock()
		mu.Lock()
		mu.Unlock()
		<-done
	},
	"etcd#6708": func(k *K) {
		var mu sync.RWMutex
		mu.Lock()
		mu.RLock()
		mu.RUnlock()
		mu.Unlock()
	},
	"etcd#6857": func(k *K) {
		status, stop, done := make(chan chan int), make(chan struct{}), make(chan struct{})
		k.Go(func() {
			for {
				select {
				case c := <-status:
					c <- 1
				case <-stop:
					close(done)
					return
				}
			}
		})
		k.Go(func() {
			c := make(chan int)
			status <- c
			<-c
		})
		k.Go(func() {
			select {
			case stop <- struct{}{}:
				<-done
			case <-done:
			}
		})
	},
	"etcd#6873": func(k *K) {
		var mu sync.Mutex
		updates, done := make(chan int, 1), make(chan struct{})
		k.Go(func() {
			defer close(done)
			for range updates {
				mu.Lock()
				mu.Unlock()
			}
		})
		updates <- 1
		k.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			close(updates)
			<-done
		})
	},
	"etcd#7443": func(k *K) {
		var mu, connMu sync.Mutex
		notify := make(chan []int, 1)
		closed, pinned := false, 0
		conns := map[int]bool{}
		has := func(list []int, n int) bool {
			for _, m := range list {
				if m == n {
					return true
				}
			}
			return false
		}
		up := func(addr int) {
			mu.Lock()
			defer mu.Unlock()
			if !closed && pinned == 0 {
				pinned = addr
				notify <- []int{addr}
			}
		}
		down := func(addr int) {
			mu.Lock()
			defer mu.Unlock()
			if !closed && pinned == addr {
				pinned = 0
				notify <- []int{1, 2}
			}
		}
		take := func(keep []int) []int {
			connMu.Lock()
			defer connMu.Unlock()
			var gone []int
			for c := range conns {
				if !has(keep, c) {
					delete(conns, c)
					gone = append(gone, c)
				}
			}
			return gone
		}
		notify <- []int{1, 2}
		k.Go(func() {
			for addrs := range notify {
				for _, c := range take(addrs) {
					down(c)
				}
				for _, addr := range addrs {
					connMu.Lock()
					known := conns[addr]
					conns[addr] = true
					connMu.Unlock()
					if !known {
						k.Go(func() { up(addr) })
					}
				}
			}
		})
		k.Go(func() {
			for _, c := range take(nil) {
				down(c)
			}
			mu.Lock()
			defer mu.Unlock()
			closed = true
			close(notify)
		})
	},
	"etcd#7492": func(k *K) {
		var mu sync.RWMutex
		added, stop := make(chan struct{}, 1), make(chan chan struct{})
		k.Go(func() {
			ticker := time.NewTicker(tick)
			defer ticker.Stop()
			for tokens := 0; ; {
				select {
				case <-added:
					tokens++
				case <-ticker.C:
					for ; tokens > 0; tokens-- {
						mu.Lock()
						mu.Unlock()
					}
				case c := <-stop:
					c <- struct{}{}
					return
				}
			}
		})
		var wg sync.WaitGroup
		wg.Add(3)
		for range 3 {
			k.Go(func() {
				defer wg.Done()
				mu.Lock()
				added <- struct{}{}
				mu.Unlock()
			})
		}
		wg.Wait()
		stopped := make(chan struct{})
		stop <- stopped
		<-stopped
	},
	"etcd#7902": func(k *K) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		next := make(chan struct{})
		wg.Add(3)
		for client := range 3 {
			k.Go(func() {
				defer wg.Done()
				mu.Lock()
				mine := next
				mu.Unlock()
				mu.Lock()
				if client == 0 {
					close(next)
					next = make(chan struct{})
				}
				<-mine
				mu.Unlock()
			})
		}
		wg.Wait()
	},
	"etcd#10492": func(k *K) {
		var mu sync.RWMutex
		checkpoint := func() {
			mu.Lock()
			mu.Unlock()
		}
		mu.Lock()
		checkpoint()
		mu.Unlock()
	},
	"etcd#3077": func(k *K) {
		var stopped atomic.Value
		stopped.Store(chan struct{}(nil))
		raftDone, stop, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
		k.Go(func() {
			k.Go(func() {
				c := make(chan struct{})
				stopped.Store(c)
				<-c
				close(raftDone)
			})
			time.Sleep(10 * tick)
			<-stop
			stopped.Load().(chan struct{}) <- struct{}{}
			<-raftDone
			close(done)
		})
		stop <- struct{}{}
		<-done
	},
	"etcd#4876": func(k *K) {
		var wg sync.WaitGroup
		var interval atomic.Int64
		interval.Store(10_000)
		used := int64(0)
		wg.Add(2)
		k.Go(func() {
			defer wg.Done()
			used = interval.Load()
		})
		k.Go(func() {
			defer wg.Done()
			interval.Store(3000)
		})
		wg.Wait()
		k.Check(used == 3000)
	},
	"etcd#8194": func(k *K) {
		var rate atomic.Int64
		rate.Store(10)
		var loop sync.WaitGroup
		used := int64(0)
		loop.Add(1)
		k.Go(func() {
			defer loop.Done()
			used = rate.Load()
		})
		rate.Store(1000)
		loop.Wait()
		k.Check(used == 10)
	},
}
