// What a goroutine of a workload does, op by op, and the events that it leaves.

package main

import (
	"reflect"
	"runtime"
	"time"
)

const (
	startedMax  = 400
	valueStride = 100
	onceBase    = 1000
	workUnit    = 1000
)

// held says which locks a goroutine holds, by index.
type held struct {
	mutex, write, read []bool
}

func newHeld(m *machine) held {
	return held{make([]bool, len(m.mutexes)), make([]bool, len(m.rwmutexes)), make([]bool, len(m.rwmutexes))}
}

type routine struct {
	machine *machine
	id      int
	held    held
}

// live runs a body and then lets go of what the goroutine still holds, unless Goexit ended it.
func (r *routine) live(body int) {
	defer event(opExit, resultNone, r.id, 0, 0)
	event(opStart, resultNone, r.id, body, 0)
	r.run(r.machine.bodies[body], 0)
	for i, is := range r.held.mutex {
		if is {
			r.machine.mutexes[i].Unlock()
		}
	}
	for i := range r.held.write {
		if r.held.write[i] {
			r.machine.rwmutexes[i].Unlock()
		}
		if r.held.read[i] {
			r.machine.rwmutexes[i].RUnlock()
		}
	}
}

func (r *routine) run(ops []op, base int) {
	for i := range ops {
		r.step(&ops[i], base+i)
	}
}

// canPanic says whether a panic of an operation is Go's verdict on the workload, not a fault of this program.
func canPanic(code opcode) bool {
	switch code {
	case opSend, opClose, opSelect, opWgAdd, opWgDone, opWgWait, opNewTicker, opTReset:
		return true
	}
	return false
}

func (r *routine) step(o *op, index int) {
	result, value := resultNone, 0
	defer func() {
		if canPanic(o.code) && recover() != nil {
			result = resultPanic
		}
		event(o.code, result, r.id, index, value)
	}()
	m := r.machine
	own := r.id*valueStride + index
	switch o.code {
	case opGo:
		result, value = resultNumber, r.spawn(o.operand)
	case opSend:
		m.chans[o.operand] <- own
	case opRecv:
		got, ok := <-m.chans[o.operand]
		if result, value = resultNumber, got; !ok {
			result = resultClosed
		}
	case opClose:
		close(m.chans[o.operand])
	case opSelect:
		result, value = r.choose(o, own)
	case opLock, opUnlock, opWLock, opWUnlock, opRLock, opRUnlock:
		r.lockOp(o.code, o.operand)
	case opWgAdd:
		m.waitgroups[o.operand].Add(1)
	case opWgDone:
		m.waitgroups[o.operand].Done()
	case opWgWait:
		m.waitgroups[o.operand].Wait()
	case opCondWait:
		c := m.conds[o.operand]
		c.L.Lock()
		c.Wait()
		c.L.Unlock()
	case opSignal:
		m.conds[o.operand].Signal()
	case opBroadcast:
		m.conds[o.operand].Broadcast()
	case opGosched:
		runtime.Gosched()
	case opSleep:
		time.Sleep(time.Duration(o.operand) * time.Microsecond)
	case opGoexit:
		runtime.Goexit()
	case opOnce:
		m.onces[o.operand].Do(func() {
			event(opOnce, resultEnter, r.id, index, 0)
			r.run(o.body, onceBase)
		})
	case opAfterFunc, opNewTimer, opNewTicker, opAfter, opTReset, opTStop, opTRecv:
		result, value = r.timerOp(o)
	case opWork:
		work(o.operand * workUnit)
	}
}

func (r *routine) spawn(body int) int {
	m := r.machine
	if m.started == startedMax {
		return 0
	}
	m.started++
	// Timers create goroutines, too: the number is by creation, and so is goroutineNumber's.
	next := &routine{machine: m, id: gobufCreated() + 1, held: newHeld(m)}
	if m.join {
		m.joined.Add(1)
	}
	go func() {
		if m.join {
			defer m.joined.Done()
		}
		next.live(body)
	}()
	return next.id
}

// choose goes through reflect, which calls the general select for any number of cases and in the compiler's order.
func (r *routine) choose(o *op, own int) (result, value int) {
	cases := make([]reflect.SelectCase, 0, selectCasesMax+1)
	for _, c := range o.cases {
		if c.timer {
			cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(r.machine.timers[c.c].c)})
			continue
		}
		next := reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(r.machine.chans[c.c])}
		if c.send {
			next.Dir = reflect.SelectSend
			next.Send = reflect.ValueOf(own)
		}
		cases = append(cases, next)
	}
	if o.hasDefault {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectDefault})
	}
	chosen, _, _ := reflect.Select(cases)
	if chosen == len(o.cases) {
		return resultDefault, 0
	}
	return resultNumber, chosen
}

// lockOp does nothing where the goroutine could only deadlock on itself or end the process.
func (r *routine) lockOp(code opcode, i int) {
	h := &r.held
	switch {
	case code == opLock && !h.mutex[i]:
		r.machine.mutexes[i].Lock()
		h.mutex[i] = true
	case code == opUnlock && h.mutex[i]:
		h.mutex[i] = false
		r.machine.mutexes[i].Unlock()
	case code == opWLock && !h.write[i] && !h.read[i]:
		r.machine.rwmutexes[i].Lock()
		h.write[i] = true
	case code == opWUnlock && h.write[i]:
		h.write[i] = false
		r.machine.rwmutexes[i].Unlock()
	case code == opRLock && !h.write[i] && !h.read[i]:
		r.machine.rwmutexes[i].RLock()
		h.read[i] = true
	case code == opRUnlock && h.read[i]:
		h.read[i] = false
		r.machine.rwmutexes[i].RUnlock()
	}
}

var sink int

func work(additions int) {
	for i := range additions {
		sink += i
	}
}
