// The programs of bench/programs.ts in Go. Reads lines "NAME N" and answers each with "NANOSECONDS CHECK": how long the
// program took, and a number that tells whether it did its work.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

var programs = map[string]func(n int) int{
	"gosched 1":              func(n int) int { return ring(1, n) },
	"gosched 2":              func(n int) int { return ring(2, n) },
	"gosched 100":            func(n int) int { return ring(100, n) },
	"gosched 10000":          func(n int) int { return ring(10000, n) },
	"gosched 100, 16 bodies": func(n int) int { return ring(100, n) },
	"gosched, yield* 8 deep": func(n int) int { deep(8, n); return n },
	"gosched, call 8 deep":   func(n int) int { deep(8, n); return n },
	"WaitGroup fan-out 1000": fanOut,
	"daisy chain 100k":       daisy,
	"unbuffered trip":        trip,
	"buffered item 128":      buffered,
	"select 2":               func(n int) int { return selected(2, n) },
	"select 8":               func(n int) int { return selected(8, n) },
	"spawn+exit":             spawn,
	"mutex hand-off 10":      handoff,
	"sieve":                  sieve,
	"skynet":                 func(n int) int { c := make(chan int); go skynet(c, 0, n, 10); return <-c },
}

func ring(size, n int) int {
	var wg sync.WaitGroup
	each := n / size
	for i := 0; i < size; i++ {
		wg.Add(1)
		go func() {
			for k := 0; k < each; k++ {
				runtime.Gosched()
			}
			wg.Done()
		}()
	}
	wg.Wait()
	return each * size
}

//go:noinline
func deep(depth, n int) {
	if depth > 0 {
		deep(depth-1, n)
		return
	}
	for i := 0; i < n; i++ {
		runtime.Gosched()
	}
}

func fanOut(n int) int {
	var wg sync.WaitGroup
	sum := 0
	for i := 0; i < n; i += 1000 {
		for k := 0; k < 1000; k++ {
			wg.Go(func() {
				runtime.Gosched()
				sum++
			})
		}
		wg.Wait()
	}
	return sum
}

func daisy(n int) int {
	first := make(chan int)
	right := first
	for i := 0; i < n; i++ {
		left := right
		right = make(chan int)
		go func(left, right chan int) { left <- 1 + <-right }(left, right)
	}
	go func(last chan int) { last <- 0 }(right)
	return <-first
}

func trip(n int) int {
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

func buffered(n int) int {
	c := make(chan int, 128)
	go func() {
		for i := 0; i < n; i++ {
			c <- i
		}
	}()
	sum := 0
	for i := 0; i < n; i++ {
		sum += <-c
	}
	return sum
}

// selected receives from the last of several channels of which only that one is ever ready.
func selected(width, n int) int {
	var c [8]chan int
	for i := range c {
		c[i] = make(chan int)
	}
	last := c[width-1]
	go func() {
		for i := 0; i < n; i++ {
			last <- i
		}
	}()
	sum := 0
	for i := 0; i < n; i++ {
		if width == 2 {
			select {
			case v := <-c[0]:
				sum += v
			case v := <-c[1]:
				sum += v
			}
			continue
		}
		select {
		case v := <-c[0]:
			sum += v
		case v := <-c[1]:
			sum += v
		case v := <-c[2]:
			sum += v
		case v := <-c[3]:
			sum += v
		case v := <-c[4]:
			sum += v
		case v := <-c[5]:
			sum += v
		case v := <-c[6]:
			sum += v
		case v := <-c[7]:
			sum += v
		}
	}
	return sum
}

func spawn(n int) int {
	var wg sync.WaitGroup
	for i := 0; i < n; i += 100 {
		wg.Add(100)
		for k := 0; k < 100; k++ {
			go ender(&wg)
		}
		wg.Wait()
	}
	return n
}

func ender(wg *sync.WaitGroup) { wg.Done() }

func handoff(n int) int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	count := 0
	for i := 0; i < 10; i++ {
		wg.Add(1)
		go func() {
			for k := 0; k < n/10; k++ {
				mu.Lock()
				runtime.Gosched()
				count++
				mu.Unlock()
			}
			wg.Done()
		}()
	}
	wg.Wait()
	return count
}

// sieve gives the n-th prime.
func sieve(n int) int {
	ch := make(chan int)
	go func(ch chan<- int) {
		for i := 2; ; i++ {
			ch <- i
		}
	}(ch)
	prime := 0
	for i := 0; i < n; i++ {
		prime = <-ch
		next := make(chan int)
		go func(in <-chan int, out chan<- int, prime int) {
			for {
				if i := <-in; i%prime != 0 {
					out <- i
				}
			}
		}(ch, next, prime)
		ch = next
	}
	return prime
}

func skynet(c chan int, num, size, div int) {
	if size == 1 {
		c <- num
		return
	}
	rc := make(chan int)
	for i := 0; i < div; i++ {
		go skynet(rc, num+i*(size/div), size/div, div)
	}
	sum := 0
	for i := 0; i < div; i++ {
		sum += <-rc
	}
	c <- sum
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	fmt.Println(runtime.Version())
	for lines.Scan() {
		text := lines.Text()
		cut := len(text)
		for cut > 0 && text[cut-1] != ' ' {
			cut--
		}
		n := 0
		fmt.Sscan(text[cut:], &n)
		program := programs[text[:max(cut-1, 0)]]
		if program == nil {
			fmt.Println("no such program")
			continue
		}
		runtime.GC()
		start := time.Now()
		check := program(n)
		fmt.Println(time.Since(start).Nanoseconds(), check)
	}
}
