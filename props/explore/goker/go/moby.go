// The kernels of Docker (moby) in Go: the same programs as those in TypeScript, with their bugs and without fixes.

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

var moby = map[string]func(*K){
	"moby#4395": func(k *K) {
		errs := make(chan error)
		k.Go(func() { errs <- errors.New("failed") })
	},
	"moby#4951": func(k *K) {
		var devices, info sync.Mutex
		for range 2 {
			k.Go(func() {
				devices.Lock()
				info.Lock()
				devices.Unlock()
				time.Sleep(tick)
				devices.Lock()
				info.Unlock()
				devices.Unlock()
			})
		}
	},
	"moby#7559": func(k *K) {
		var mu sync.Mutex
		k.Go(func() {
			for range 2 {
				mu.Lock()
				if choose(2) == 0 {
					mu.Unlock()
					break
				}
			}
		})
	},
	"moby#17176": func(k *K) {
		var mu sync.Mutex
		mu.Lock()
		done := make(chan bool, 1)
		k.Go(func() {
			mu.Lock()
			mu.Unlock()
			done <- true
		})
		select {
		case <-time.After(tick):
		case <-done:
		}
	},
	"moby#21233": func(k *K) {
		progress, done := make(chan int), make(chan struct{})
		k.Go(func() {
			for range progress {
				if choose(2) == 1 {
					return
				}
			}
			close(done)
		})
		var transfers sync.WaitGroup
		transfers.Add(2)
		for id := range 2 {
			k.Go(func() {
				defer transfers.Done()
				progress <- id
				if choose(2) == 0 {
					progress <- id
				}
			})
		}
		transfers.Wait()
		close(progress)
		<-done
	},
	"moby#25384": func(k *K) {
		var group sync.WaitGroup
		group.Add(2)
		for range 2 {
			k.Go(group.Done)
			group.Wait()
		}
	},
	"moby#27782": func(k *K) {
		events, watcherDone, closeNotifier := make(chan int), make(chan struct{}), make(chan struct{})
		cond := sync.NewCond(&sync.Mutex{})
		exists := true
		k.Go(func() {
			select {
			case events <- 1:
			case <-watcherDone:
			}
			cond.L.Lock()
			exists = false
			cond.Broadcast()
			cond.L.Unlock()
		})
		k.Go(func() {
			select {
			case <-events:
			case <-closeNotifier:
				cond.L.Lock()
				for exists {
					cond.Wait()
				}
				cond.L.Unlock()
			}
		})
		k.Go(func() { close(closeNotifier) })
	},
	"moby#28462": func(k *K) {
		var mu sync.Mutex
		stop := make(chan struct{})
		k.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					mu.Lock()
					mu.Unlock()
				}
			}
		})
		k.Go(func() {
			mu.Lock()
			stop <- struct{}{}
			mu.Unlock()
		})
	},
	"moby#29733": func(k *K) {
		cond := sync.NewCond(&sync.Mutex{})
		activated := false
		done := make(chan struct{})
		k.Go(func() {
			cond.L.Lock()
			for !activated {
				cond.Wait()
			}
			cond.L.Unlock()
			close(done)
		})
		k.Go(func() {
			cond.L.Lock()
			activated = true
			cond.L.Unlock()
		})
		<-done
	},
	"moby#30408": func(k *K) {
		cond := sync.NewCond(&sync.Mutex{})
		var manifest *int
		var failure error
		done := make(chan struct{})
		k.Go(func() {
			cond.L.Lock()
			for manifest == nil {
				cond.Wait()
			}
			cond.L.Unlock()
			close(done)
		})
		k.Go(func() {
			cond.L.Lock()
			failure = errors.New("some junk happened")
			cond.Broadcast()
			cond.L.Unlock()
		})
		<-done
		_ = failure
	},
	"moby#33293": func(k *K) {
		k.Go(func() {
			errs := make(chan error)
			if choose(2) == 1 {
				errs <- errors.New("failed")
			}
		})
	},
	"moby#33781": func(k *K) {
		stop := make(chan bool)
		k.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(tick):
				}
				results := make(chan bool)
				ctx, cancel := context.WithTimeout(context.Background(), tick)
				k.Go(func() {
					results <- true
					close(results)
				})
				select {
				case <-stop:
					cancel()
					return
				case <-results:
					cancel()
				case <-ctx.Done():
					cancel()
					<-results
				}
			}
		})
		k.Go(func() {
			time.Sleep(tick)
			stop <- true
		})
	},
	"moby#36114": func(k *K) {
		var vm sync.Mutex
		remove := func() {
			vm.Lock()
			vm.Unlock()
		}
		k.Go(func() {
			vm.Lock()
			remove()
			vm.Unlock()
		})
	},
	"moby#18412": func(k *K) {
		var output atomic.Value
		output.Store("")
		done := make(chan struct{}, 1)
		k.Go(func() {
			output.Store("half")
			time.Sleep(2 * tick)
			output.Store("half and half")
			done <- struct{}{}
		})
		select {
		case <-time.After(tick):
		case <-done:
		}
		seen := output.Load()
		time.Sleep(5 * tick)
		k.Check(output.Load() == seen)
	},
	"moby#22941": func(k *K) {
		var conn sync.Mutex
		var wg sync.WaitGroup
		written := map[string]bool{}
		var pair atomic.Value
		for _, request := range []string{"GET /foo", "GET /bar"} {
			pair.Store(request)
			wg.Add(1)
			k.Go(func() {
				defer wg.Done()
				conn.Lock()
				defer conn.Unlock()
				written[pair.Load().(string)] = true
			})
		}
		wg.Wait()
		k.Check(len(written) == 2)
	},
	"moby#27037": func(k *K) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		versions := map[string]bool{}
		var i atomic.Int64
		for i.Store(17); i.Load() <= 19; i.Add(1) {
			wg.Add(1)
			k.Go(func() {
				defer wg.Done()
				mu.Lock()
				defer mu.Unlock()
				versions[fmt.Sprintf("v1.%d", i.Load())] = true
			})
		}
		wg.Wait()
		k.Check(versions["v1.17"])
	},
}
