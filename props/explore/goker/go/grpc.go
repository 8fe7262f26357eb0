// The kernels of gRPC-Go in Go: the same programs as those in TypeScript, with their bugs and without fixes.

package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

var grpc = map[string]func(*K){
	"grpc#660": func(k *K) {
		stop := make(chan struct{})
		k.Go(func() {
			for {
				done := make(chan bool)
				k.Go(func() { done <- choose(2) == 0 })
				select {
				case <-stop:
					return
				case <-done:
				}
			}
		})
		k.Go(func() { stop <- struct{}{} })
	},
	"grpc#795": func(k *K) {
		var mu sync.Mutex
		drain := false
		k.Go(func() {
			mu.Lock()
			mu.Unlock()
		})
		for range 3 {
			mu.Lock()
			if drain {
				mu.Lock()
				return
			}
			drain = true
		}
	},
	"grpc#862": func(k *K) {
		dialCtx, cancelDial := context.WithCancel(context.Background())
		ctx, cancel := context.WithCancel(context.Background())
		_ = cancel
		k.Go(func() {
			k.Go(func() {
				for retries := 1; retries <= 3; retries++ {
					select {
					case <-time.After(time.Duration(retries) * tick / 10):
					case <-ctx.Done():
						return
					}
				}
				<-ctx.Done()
			})
			select {
			case <-dialCtx.Done():
			default:
			}
		})
		k.Go(cancelDial)
	},
	"grpc#1275": func(k *K) {
		received, done := make(chan bool), make(chan struct{})
		k.Go(func() {
			<-received
			close(done)
		})
		select {
		case <-done:
		case <-time.After(tick):
		}
	},
	"grpc#1353": func(k *K) {
		var mu sync.Mutex
		updates, sent := make(chan bool), make(chan struct{})
		k.Go(func() {
			for range 3 {
				mu.Lock()
				updates <- true
				mu.Unlock()
			}
			close(sent)
		})
		k.Go(func() {
			for range updates {
				mu.Lock()
				mu.Unlock()
			}
		})
		k.Go(func() {
			<-sent
			mu.Lock()
			close(updates)
			mu.Unlock()
		})
	},
	"grpc#1424": func(k *K) {
		addrs := make(chan bool)
		k.Go(func() {
			done := make(chan struct{})
			k.Go(func() {
				for range addrs {
				}
			})
			<-done
		})
		close(addrs)
	},
	"grpc#1460": func(k *K) {
		var mu sync.Mutex
		awaken := make(chan struct{})
		streams := 0
		k.Go(func() {
			mu.Lock()
			if streams == 0 {
				<-awaken
			}
			mu.Unlock()
		})
		k.Go(func() {
			mu.Lock()
			streams++
			select {
			case awaken <- struct{}{}:
			default:
			}
			mu.Unlock()
		})
	},
	"grpc#3017": func(k *K) {
		var mu sync.Mutex
		type entryT struct {
			aborted bool
			timer   *time.Timer
		}
		var entry *entryT
		for i := range 3 {
			mu.Lock()
			if entry == nil {
				made := &entryT{}
				entry = made
				made.timer = time.AfterFunc(tick, func() {
					k.Go(func() {
						mu.Lock()
						if made.aborted {
							return
						}
						entry = nil
						mu.Unlock()
					})
				})
			}
			mu.Unlock()
			time.Sleep(time.Duration(i) * tick)
			mu.Lock()
			if entry != nil {
				if !entry.timer.Stop() {
					entry.aborted = true
				}
				entry = nil
			}
			mu.Unlock()
		}
		time.Sleep(10 * tick)
	},
	"grpc#1687": func(k *K) {
		writes, closed := make(chan func()), make(chan struct{})
		write := func() {
			select {
			case <-closed:
				return
			default:
			}
			select {
			case writes <- func() {}:
			case <-closed:
			}
		}
		k.Go(func() {
			write()
			close(writes)
			write()
		})
		for f := range writes {
			f()
		}
	},
	"grpc#1748": func(k *K) {
		var balancer sync.Mutex
		connected := make(chan struct{})
		var timeout atomic.Int64
		timeout.Store(500)
		used := int64(0)
		k.Go(func() {
			balancer.Lock()
			balancer.Unlock()
			k.Go(func() {
				used = timeout.Load()
				close(connected)
			})
		})
		balancer.Lock()
		balancer.Unlock()
		timeout.Store(10_000)
		<-connected
		k.Check(used == 500)
	},
	"grpc#2371": func(k *K) {
		var mu sync.Mutex
		type wrapper struct{ updates chan struct{} }
		w := &wrapper{updates: make(chan struct{}, 1)}
		k.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			select {
			case <-w.updates:
			default:
			}
			w.updates <- struct{}{}
		})
		k.Go(func() {
			mu.Lock()
			w = nil
			mu.Unlock()
		})
	},
	"grpc#3090": func(k *K) {
		var mu sync.Mutex
		var resolver atomic.Pointer[int]
		build := func() *int {
			mu.Lock()
			defer mu.Unlock()
			k.Go(func() {
				mu.Lock()
				defer mu.Unlock()
				k.Check(resolver.Load() != nil)
			})
			return new(int)
		}
		resolver.Store(build())
	},
}
