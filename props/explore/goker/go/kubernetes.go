// The kernels of Kubernetes in Go: the same programs as those in TypeScript, with their bugs and without fixes.

package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

var kubernetes = map[string]func(*K){
	"kubernetes#1321": func(k *K) {
		var mu, list sync.Mutex
		watchers := map[int]chan struct{}{}
		k.Go(func() {
			for range 3 {
				mu.Lock()
				list.Lock()
				var all []chan struct{}
				for _, w := range watchers {
					all = append(all, w)
				}
				list.Unlock()
				for _, w := range all {
					w <- struct{}{}
				}
				mu.Unlock()
			}
		})
		w := make(chan struct{})
		list.Lock()
		watchers[0] = w
		list.Unlock()
		mu.Lock()
		list.Lock()
		delete(watchers, 0)
		list.Unlock()
		close(w)
		mu.Unlock()
	},
	"kubernetes#5316": func(k *K) {
		ok, failed := make(chan bool), make(chan error)
		k.Go(func() {
			time.Sleep(2 * tick)
			if choose(2) == 1 {
				failed <- errors.New("failed")
			} else {
				ok <- true
			}
		})
		select {
		case <-ok:
		case <-failed:
		case <-time.After(tick):
		}
	},
	"kubernetes#6632": func(k *K) {
		closed := make(chan bool)
		reset := make(chan bool)
		var mu sync.Mutex
		k.Go(func() { closed <- true })
		k.Go(func() {
			mine := reset
			<-closed
			mu.Lock()
			close(mine)
			reset = nil
			mu.Unlock()
		})
		k.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			if reset != nil {
				reset <- true
			}
		})
	},
	"kubernetes#10182": func(k *K) {
		var mu sync.RWMutex
		statuses := make(chan bool)
		k.Go(func() {
			for range 2 {
				<-statuses
				mu.Lock()
				mu.Unlock()
			}
		})
		for range 2 {
			k.Go(func() {
				mu.Lock()
				statuses <- true
				mu.Unlock()
			})
		}
	},
	"kubernetes#11298": func(k *K) {
		abort, waited := make(chan struct{}), make(chan struct{})
		var mu sync.Mutex
		cond := sync.NewCond(&mu)
		k.Go(func() {
			mu.Lock()
			cond.Wait()
			mu.Unlock()
			close(waited)
		})
		k.Go(func() {
			select {
			case <-abort:
			case <-waited:
			}
			cond.Signal()
			<-waited
		})
		k.Go(func() { close(abort) })
	},
	"kubernetes#13135": func(k *K) {
		var cacher, cache sync.Mutex
		var initialized sync.WaitGroup
		var once sync.Once
		stop := make(chan struct{})
		initialized.Add(1)
		k.Go(func() {
			for range 3 {
				select {
				case <-stop:
					return
				default:
				}
				cacher.Lock()
				cache.Lock()
				once.Do(initialized.Done)
				cacher.Unlock()
				cache.Unlock()
			}
		})
		initialized.Wait()
		k.Go(func() {
			cache.Lock()
			cacher.Lock()
			cacher.Unlock()
			cache.Unlock()
		})
		k.Go(func() { close(stop) })
	},
	"kubernetes#25331": func(k *K) {
		ctx, cancel := context.WithCancel(context.Background())
		results, errs := make(chan bool), make(chan error)
		k.Go(func() {
			select {
			case <-errs:
				cancel()
				results <- true
			case <-ctx.Done():
			}
		})
		k.Go(func() {
			errs <- errors.New("watch")
			cancel()
		})
	},
	"kubernetes#26980": func(k *K) {
		var mu sync.RWMutex
		stop, taken := make(chan struct{}), make(chan struct{})
		k.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			<-stop
		})
		k.Go(func() {
			mu.Lock()
			close(taken)
			mu.Unlock()
		})
		<-taken
		close(stop)
	},
	"kubernetes#30872": func(k *K) {
		var informer sync.Mutex
		var fifo sync.RWMutex
		stop, stopInformer := make(chan struct{}), make(chan struct{})
		k.Go(func() {
			for range 2 {
				select {
				case <-stopInformer:
					return
				default:
				}
				fifo.Lock()
				informer.Lock()
				informer.Unlock()
				fifo.Unlock()
			}
		})
		k.Go(func() {
			informer.Lock()
			fifo.Lock()
			fifo.Unlock()
			informer.Unlock()
		})
		k.Go(func() {
			<-stop
			informer.Lock()
			close(stopInformer)
			informer.Unlock()
		})
		close(stop)
	},
	"kubernetes#38669": func(k *K) {
		input, result := make(chan int), make(chan int)
		k.Go(func() {
			defer close(result)
			for _, event := range []int{1, 2} {
				result <- event
			}
			for range input {
			}
		})
		close(input)
	},
	"kubernetes#58107": func(k *K) {
		type queue struct {
			cond  *sync.Cond
			items int
		}
		var workers sync.RWMutex
		queues := []*queue{{cond: sync.NewCond(&sync.Mutex{})}, {cond: sync.NewCond(&sync.Mutex{})}}
		for _, q := range queues {
			k.Go(func() {
				workers.RLock()
				defer workers.RUnlock()
				q.cond.L.Lock()
				for q.items == 0 {
					q.cond.Wait()
				}
				q.cond.L.Unlock()
			})
		}
		k.Go(func() {
			workers.Lock()
			workers.Unlock()
		})
		time.Sleep(tick)
		for i := range queues {
			q := queues[1-i]
			workers.RLock()
			workers.RUnlock()
			q.cond.L.Lock()
			q.items++
			q.cond.Signal()
			q.cond.L.Unlock()
		}
	},
	"kubernetes#62464": func(k *K) {
		var mu sync.RWMutex
		k.Go(func() {
			mu.RLock()
			if choose(2) == 0 {
				mu.RLock()
				mu.RUnlock()
			}
			mu.RUnlock()
		})
		k.Go(func() {
			mu.RLock()
			mu.RUnlock()
			mu.Lock()
			mu.Unlock()
		})
	},
	"kubernetes#70277": func(k *K) {
		stop, done, ticks := make(chan struct{}), make(chan struct{}), make(chan struct{})
		k.Go(func() {
			defer close(ticks)
			ticker, timeout := time.NewTicker(tick), time.After(20*tick)
			defer ticker.Stop()
			for {
				select {
				case <-ticker.C:
					select {
					case ticks <- struct{}{}:
					default:
					}
				case <-timeout:
					return
				case <-stop:
					return
				}
			}
		})
		<-ticks
		<-done
		close(stop)
	},
	"kubernetes#13058": func(k *K) {
		var done sync.WaitGroup
		k.Go(func() {
			for range 3 {
				done.Done()
				time.Sleep(tick)
			}
		})
		done.Add(3)
		done.Wait()
	},
	"kubernetes#49404": func(k *K) {
		var called atomic.Bool
		k.Go(func() { called.Store(true) })
		k.Check(called.Load())
	},
	"kubernetes#77796": func(k *K) {
		var mu sync.RWMutex
		var wg sync.WaitGroup
		var buffer atomic.Pointer[[]int]
		dispatch := func(n int) {
			defer wg.Done()
			mu.Lock()
			list := make([]int, n)
			buffer.Store(&list)
			mu.Unlock()
			told := 0
			for i := 0; i < len(*buffer.Load()); i++ {
				told++
			}
			k.Check(told == n)
		}
		wg.Add(2)
		k.Go(func() { dispatch(2) })
		k.Go(func() { dispatch(1) })
		wg.Wait()
	},
	"kubernetes#81091": func(k *K) {
		var wg sync.WaitGroup
		var calls atomic.Int64
		wg.Add(2)
		for range 2 {
			k.Go(func() {
				defer wg.Done()
				before := calls.Load()
				calls.Store(before + 1)
			})
		}
		wg.Wait()
		k.Check(calls.Load() == 2)
	},
	"kubernetes#82550": func(k *K) {
		var wg sync.WaitGroup
		var provider atomic.Pointer[int]
		var made atomic.Int64
		wg.Add(2)
		for range 2 {
			k.Go(func() {
				defer wg.Done()
				if provider.Load() == nil {
					made.Add(1)
					provider.Store(new(int))
				}
			})
		}
		wg.Wait()
		k.Check(made.Load() == 1)
	},
}
