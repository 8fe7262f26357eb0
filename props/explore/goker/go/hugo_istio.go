// The kernels of Hugo and Istio in Go: the same programs as those in TypeScript, with their bugs and without fixes.

package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

var hugo = map[string]func(*K){
	"hugo#3251": func(k *K) {
		var table sync.RWMutex
		var url sync.Mutex
		var wg sync.WaitGroup
		wg.Add(3)
		for range 3 {
			k.Go(func() {
				defer wg.Done()
				table.Lock()
				url.Lock()
				table.Unlock()
				table.RLock()
				url.Unlock()
				table.RUnlock()
			})
		}
		wg.Wait()
	},
	"hugo#5379": func(k *K) {
		var contentMu sync.Mutex
		var contentInit, plainInit sync.Once
		plain := func() {
			plainInit.Do(func() {
				contentMu.Lock()
				contentMu.Unlock()
			})
		}
		content := func() {
			ctx, cancel := context.WithTimeout(context.Background(), tick)
			defer cancel()
			rendered := make(chan struct{}, 1)
			k.Go(func() {
				contentMu.Lock()
				defer contentMu.Unlock()
				plain()
				rendered <- struct{}{}
			})
			select {
			case <-ctx.Done():
			case <-rendered:
			}
		}
		var wg sync.WaitGroup
		wg.Add(2)
		for range 2 {
			k.Go(func() {
				defer wg.Done()
				contentInit.Do(content)
				plain()
			})
		}
		wg.Wait()
	},
}

var istio = map[string]func(*K){
	"istio#16224": func(k *K) {
		events, done, stop := make(chan int), make(chan bool), make(chan struct{})
		var mu sync.Mutex
		k.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-events:
					mu.Lock()
					done <- true
					mu.Unlock()
				}
			}
		})
		events <- 0
		mu.Lock()
		mu.Unlock()
		<-done
		close(stop)
	},
	"istio#17860": func(k *K) {
		ctx, cancel := context.WithCancel(context.Background())
		status := make(chan int)
		var mu sync.Mutex
		active := map[int]bool{}
		epoch := 0
		k.Go(func() {
			for {
				select {
				case e := <-status:
					mu.Lock()
					delete(active, e)
					left := len(active)
					mu.Unlock()
					if left == 0 {
						return
					}
				case <-ctx.Done():
					return
				}
			}
		})
		restart := func() {
			mu.Lock()
			defer mu.Unlock()
			if len(active) > 0 {
				time.Sleep(10 * tick)
			}
			epoch++
			mine := epoch
			active[mine] = true
			k.Go(func() { status <- mine })
		}
		restart()
		k.Go(restart)
		time.Sleep(20 * tick)
		cancel()
	},
	"istio#18454": func(k *K) {
		ctx, cancel := context.WithCancel(context.Background())
		events, reset := make(chan int, 3), make(chan struct{}, 1)
		var mu sync.Mutex
		started := false
		loop := func() {
			ticks := make(chan struct{}, 1)
			ticks <- struct{}{}
			for {
				select {
				case <-ticks:
				case <-reset:
					<-ticks
					ticks <- struct{}{}
				case <-ctx.Done():
					return
				}
			}
		}
		change := func() {
			mu.Lock()
			was := started
			started = true
			mu.Unlock()
			if !was {
				k.Go(loop)
				return
			}
			select {
			case reset <- struct{}{}:
			case <-ctx.Done():
			}
		}
		for i := range 3 {
			events <- i
		}
		close(events)
		for range events {
			change()
		}
		cancel()
	},
	"istio#8967": func(k *K) {
		var done atomic.Value
		c := make(chan struct{})
		done.Store(c)
		k.Go(func() { <-done.Load().(chan struct{}) })
		close(c)
		done.Store(chan struct{}(nil))
	},
}
