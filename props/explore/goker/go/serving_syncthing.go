// The kernels of Knative Serving and Syncthing in Go: the same programs as those in TypeScript, with their bugs and without fixes.

package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

var serving = map[string]func(*K){
	"serving#2137": func(k *K) {
		type request struct {
			lock     sync.Mutex
			accepted chan bool
		}
		pending, active := make(chan struct{}, 2), make(chan struct{}, 1)
		var requests []*request
		for range 2 {
			runtime.Gosched()
			r := &request{accepted: make(chan bool, 1)}
			requests = append(requests, r)
			r.lock.Lock()
			var start sync.WaitGroup
			start.Add(1)
			k.Go(func() {
				start.Done()
				pending <- struct{}{}
				active <- struct{}{}
				r.lock.Lock()
				r.lock.Unlock()
				<-active
				<-pending
				r.accepted <- true
			})
			start.Wait()
		}
		for _, r := range requests {
			r.lock.Unlock()
			<-r.accepted
		}
	},
	"serving#3068": func(k *K) {
		work := make(chan func(), 5)
		var wg sync.WaitGroup
		done := 0
		k.Go(func() {
			for w := range work {
				w()
				wg.Done()
			}
		})
		k.Go(func() {
			for range 3 {
				wg.Add(1)
				work <- func() { done++ }
			}
		})
		close(work)
	},
	"serving#4908": func(k *K) {
		var wg sync.WaitGroup
		var completed atomic.Bool
		wg.Add(1)
		k.Go(func() {
			defer wg.Done()
			k.Go(func() { k.Check(!completed.Load()) })
		})
		wg.Wait()
		completed.Store(true)
	},
	"serving#5865": func(k *K) {
		dests := make(chan struct{})
		k.Go(func() { close(dests) })
		dests <- struct{}{}
	},
	"serving#6171": func(k *K) {
		var completed atomic.Bool
		k.Go(func() {
			k.Go(func() { k.Check(!completed.Load()) })
		})
		completed.Store(true)
	},
	"serving#6472": func(k *K) {
		queue := make(chan int, 2)
		var workers sync.WaitGroup
		var pending, ready atomic.Int64
		workers.Add(2)
		for range 2 {
			k.Go(func() {
				defer workers.Done()
				if _, ok := <-queue; ok && pending.Add(-1) == 0 {
					ready.Add(1)
				}
			})
		}
		for i := range 2 {
			queue <- i
		}
		pending.Add(2)
		close(queue)
		workers.Wait()
		k.Check(ready.Load() == 1)
	},
}

var syncthing = map[string]func(*K){
	"syncthing#4829": func(k *K) {
		var mu sync.RWMutex
		mu.Lock()
		mu.RLock()
		mu.RUnlock()
		mu.Unlock()
	},
	"syncthing#5795": func(k *K) {
		inbox, closed, stopped := make(chan string), make(chan struct{}), make(chan struct{})
		var once sync.Once
		internalClose := func() {
			once.Do(func() {
				close(closed)
				<-stopped
			})
		}
		k.Go(func() {
			for {
				select {
				case <-closed:
					return
				default:
				}
			}
		})
		k.Go(func() {
			defer close(stopped)
			for {
				select {
				case <-inbox:
					internalClose()
				case <-closed:
					return
				}
			}
		})
		inbox <- "cluster config"
		<-stopped
		time.Sleep(tick)
	},
}
