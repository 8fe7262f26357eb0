// The programs of bench/programs in Go. Protocol: bench/host.ts.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A program does n operations. It gives a number that only one gives that did them, and what it measured of all of them,
// one value for each part of its row.
type program func(n int) (check int, values []int64)

// whole is a program whose measure is the time of the whole call.
func whole(f func(n int) int) program {
	return func(n int) (int, []int64) {
		start := time.Now()
		check := f(n)
		return check, []int64{time.Since(start).Nanoseconds()}
	}
}

// twice holds the programs of the rows that stand once more with different bodies: in Go it is the same program, with as
// many goroutines.
var twice = map[string]func(pairs int) program{
	"gosched 1":              func(int) program { return ring(1) },
	"gosched 2":              func(int) program { return ring(2) },
	"gosched 100":            func(int) program { return ring(100) },
	"gosched 10000":          func(int) program { return ring(10000) },
	"unbuffered trip":        trip,
	"buffered item 128":      buffered,
	"select 2":               func(pairs int) program { return selected(2, pairs) },
	"select 8":               func(pairs int) program { return selected(8, pairs) },
	"spawn+exit":             func(int) program { return whole(spawn) },
	"mutex hand-off 10":      func(int) program { return whole(handoff) },
	"WaitGroup fan-out 1000": func(int) program { return whole(fanOut) },
}

var programs = map[string]program{
	"gosched 10":                        ring(10),
	"gosched 1000":                      ring(1000),
	"gosched 100000":                    ring(100000),
	"gosched 1000000":                   ring(1000000),
	"gosched, yield* 8 deep":            whole(func(n int) int { deep(8, n); return n }),
	"gosched, call 8 deep":              whole(func(n int) int { deep(8, n); return n }),
	"spawn+exit, after native":          whole(spawn),
	"daisy chain 100k":                  whole(daisy),
	"sieve 2000":                        whole(sieve),
	"skynet 1M":                         whole(func(n int) int { c := make(chan int); go skynet(c, 0, n, 10); return <-c }),
	"sleep 100k":                        sleepers,
	"timer start+stop":                  whole(timerChurn),
	"parked 100k":                       parked,
	"parked 1M":                         parked,
	"loop":                              loop,
	"interval beside a body that spins": besideSpinning,
	"tasks of 1 ms":                     onPs(tasks),
	"skynet on Ps":                      onPs(func(n int) int { c := make(chan int); go skynet(c, 0, n, 10); return <-c }),
	"word between Ms":                   onPs(word),
	"steal":                             steal,
}

func init() {
	for name, make := range twice {
		programs[name] = make(1)
		programs[name+", 16 bodies"] = make(16)
	}
}

// ring has goroutines that give way in turn. A small ring is made eight times.
func ring(size int) program {
	return func(n int) (int, []int64) {
		rings := 1
		if size < 16 {
			rings = 8
		}
		each := n / size / rings
		var ns int64
		for r := 0; r < rings; r++ {
			gate := make(chan int)
			var wg sync.WaitGroup
			wg.Add(size)
			for i := 0; i < size; i++ {
				go func() {
					<-gate
					for k := 0; k < each; k++ {
						runtime.Gosched()
					}
					wg.Done()
				}()
			}
			runtime.Gosched() // behind it all wait
			close(gate)
			start := time.Now()
			wg.Wait()
			ns += time.Since(start).Nanoseconds()
		}
		return rings * size * each, []int64{ns}
	}
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
	var sum atomic.Int64
	for i := 0; i < n; i += 1000 {
		wg.Add(1000)
		for k := 0; k < 1000; k++ {
			go adder(&wg, &sum)
		}
		wg.Wait()
	}
	return int(sum.Load())
}

func adder(wg *sync.WaitGroup, sum *atomic.Int64) {
	runtime.Gosched()
	sum.Add(1)
	wg.Done()
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

// total is what goroutines add up, and the wait for all of them.
type total struct {
	sum atomic.Int64
	wg  sync.WaitGroup
}

func (t *total) add(part int) {
	t.sum.Add(int64(part))
	t.wg.Done()
}

// each starts as many pairs of goroutines, and adds up what they give.
func each(pairs int, pair func(n int, t *total)) program {
	return whole(func(n int) int {
		var t total
		t.wg.Add(pairs)
		for i := 0; i < pairs; i++ {
			pair(n/pairs, &t)
		}
		t.wg.Wait()
		return int(t.sum.Load())
	})
}

func trip(pairs int) program {
	return each(pairs, func(n int, t *total) {
		there, back := make(chan int), make(chan int)
		go func() {
			for i := 0; i < n; i++ {
				back <- <-there
			}
		}()
		go func() {
			sum := 0
			for i := 0; i < n; i++ {
				there <- i
				sum += <-back
			}
			t.add(sum)
		}()
	})
}

func buffered(pairs int) program {
	return each(pairs, func(n int, t *total) {
		c := make(chan int, 128)
		go sender(c, n)
		go func() {
			sum := 0
			for i := 0; i < n; i++ {
				sum += <-c
			}
			t.add(sum)
		}()
	})
}

func sender(c chan<- int, n int) {
	for i := 0; i < n; i++ {
		c <- i
	}
}

// selected receives from the last of several channels of which only that one is ever ready.
func selected(width, pairs int) program {
	return each(pairs, func(n int, t *total) {
		var c [8]chan int
		for i := range c {
			c[i] = make(chan int)
		}
		go sender(c[width-1], n)
		go selector(width, &c, n, t)
	})
}

func selector(width int, c *[8]chan int, n int, t *total) {
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
	t.add(sum)
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

// handoff has ten goroutines that give way while they hold the mutex; eight times ten.
func handoff(n int) int {
	count := 0
	for r := 0; r < 8; r++ {
		var mu sync.Mutex
		var wg sync.WaitGroup
		wg.Add(10)
		for i := 0; i < 10; i++ {
			go func() {
				for k := 0; k < n/80; k++ {
					mu.Lock()
					runtime.Gosched()
					count++
					mu.Unlock()
				}
				wg.Done()
			}()
		}
		wg.Wait()
	}
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

// sleepers all sleep at once, distinct times in no order. Measures CPU time.
func sleepers(n int) (int, []int64) {
	start := cpuTime()
	var wg sync.WaitGroup
	wg.Add(n)
	for i := 0; i < n; i++ {
		go func() {
			time.Sleep(time.Millisecond + time.Duration(i*7919%n)*5*time.Microsecond)
			wg.Done()
		}()
	}
	wg.Wait()
	return n, []int64{cpuTime() - start}
}

// timerChurn stops timers before they fire, beside a thousand others.
func timerChurn(n int) int {
	nothing := func() {}
	var others [1000]*time.Timer
	for i := range others {
		others[i] = time.AfterFunc(time.Minute+time.Duration(i)*time.Millisecond, nothing)
	}
	stopped := 0
	for i := 0; i < n; i++ {
		if time.AfterFunc(time.Duration(1000+i%1000)*time.Millisecond, nothing).Stop() {
			stopped++
		}
	}
	for _, other := range others {
		other.Stop()
	}
	return stopped
}

// parked starts goroutines that wait, looks what memory they take, wakes them one by one.
func parked(n int) (int, []int64) {
	before := residentBytes()
	start := time.Now()
	c := make(chan int)
	var wg sync.WaitGroup
	wg.Add(n)
	for i := 0; i < n; i++ {
		go func() {
			<-c
			wg.Done()
		}()
	}
	runtime.Gosched()
	made := time.Since(start).Nanoseconds()
	bytes := residentBytes() - before
	wake := time.Now()
	for i := 0; i < n; i++ {
		c <- i
	}
	wg.Wait()
	return n, []int64{made, bytes, time.Since(wake).Nanoseconds()}
}

func sample(f program, n int) string {
	runtime.GC()
	check, values := f(n)
	return strings.Trim(fmt.Sprint(check, values), " ")
}

func main() {
	fmt.Print(runtime.Version())
	for name := range programs {
		fmt.Print("\t", name)
	}
	fmt.Println()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var samples, n int
		words := strings.SplitN(lines.Text(), " ", 3)
		if len(words) == 3 {
			fmt.Sscan(words[0]+" "+words[1], &samples, &n)
		}
		if samples == 0 || programs[words[2]] == nil {
			fmt.Println("! no such program:", lines.Text())
			continue
		}
		var answers []string
		for i := 0; i < samples; i++ {
			answers = append(answers, sample(programs[words[2]], n))
		}
		fmt.Println(strings.NewReplacer("[", "", "]", "").Replace(strings.Join(answers, ";")))
	}
}

//go:noinline
func looks() {
	var frame [256]byte // so that the prologue looks at the stack's end
	keep(&frame)
}

//go:noinline
func keep(*[256]byte) {}

var loopSum int

// loop adds up, with a call of a function that looks in each iteration, and without.
func loop(n int) (int, []int64) {
	start := time.Now()
	sum := 0
	for i := 0; i < n; i++ {
		sum += i
		looks()
	}
	with := time.Since(start).Nanoseconds()
	loopSum += sum
	start = time.Now()
	other := 0
	for i := 0; i < n; i++ {
		other += i
		if other < 0 {
			runtime.Gosched()
		}
	}
	without := time.Since(start).Nanoseconds()
	loopSum += other
	if sum != other {
		return -1, nil
	}
	return n, []int64{with, without}
}

// besideSpinning times ticks of 5 ms beside a goroutine that computes, on one P.
func besideSpinning(n int) (int, []int64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var stop atomic.Bool
	ended := make(chan int)
	go func() {
		times := 0
		for !stop.Load() {
			times++
		}
		ended <- times
	}()
	const every = 5 * time.Millisecond
	ticker := time.NewTicker(every)
	late := make([]int64, 0, n)
	last := time.Now()
	for len(late) < n {
		<-ticker.C
		now := time.Now()
		late = append(late, max(0, now.Sub(last).Nanoseconds()-every.Nanoseconds()))
		last = now
	}
	ticker.Stop()
	stop.Store(true)
	<-ended
	slices.Sort(late)
	return n, []int64{int64(n) * late[n/2], int64(n) * late[min(n-1, n*99/100)]}
}
