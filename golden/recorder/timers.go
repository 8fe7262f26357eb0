// The ops on timers: the extension "timers" of the format.

package main

import (
	"reflect"
	"time"
	_ "unsafe" // go:linkname
)

//go:linkname gobufCreated runtime.gobufCreated
func gobufCreated() int

//go:linkname gobufNumber runtime.gobufNumber
func gobufNumber() int

// timerSetsMax bounds the ops that set a timer: a goroutine may reset the timer that starts it.
const timerSetsMax = 400

// timerSlot is what one slot holds: a timer, a ticker or only the channel of After; nothing at first.
type timerSlot struct {
	timer  *time.Timer
	ticker *time.Ticker
	c      <-chan time.Time
}

// keep gives the channel of a new timer its place in select's lock order, behind all that were made before.
func (m *machine) keep(i int, slot timerSlot) {
	if slot.c != nil {
		m.keys++
		gobufSetKey(reflect.ValueOf(slot.c).UnsafePointer(), uintptr(m.keys))
	}
	m.timers[i] = slot
}

func stopped(was bool) (result, value int) {
	if was {
		return resultTrue, 0
	}
	return resultFalse, 0
}

func (r *routine) timerOp(o *op) (result, value int) {
	m := r.machine
	slot := m.timers[o.operand]
	switch o.code {
	case opTStop:
		switch {
		case slot.timer != nil:
			return stopped(slot.timer.Stop())
		case slot.ticker != nil:
			slot.ticker.Stop()
			return resultNone, 0
		}
		return resultNothing, 0
	case opTRecv:
		if slot.c == nil {
			return resultNothing, 0
		}
		return resultNumber, int((<-slot.c).Sub(m.origin) / time.Microsecond)
	}
	if m.timersSet == timerSetsMax {
		return resultNothing, 0
	}
	m.timersSet++
	d := time.Duration(o.us) * time.Microsecond
	switch o.code {
	case opAfterFunc:
		body := o.target
		m.keep(o.operand, timerSlot{timer: time.AfterFunc(d, func() {
			(&routine{machine: m, id: gobufNumber(), held: newHeld(m)}).live(body)
		})})
	case opNewTimer:
		t := time.NewTimer(d)
		m.keep(o.operand, timerSlot{timer: t, c: t.C})
	case opNewTicker:
		t := time.NewTicker(d)
		m.keep(o.operand, timerSlot{ticker: t, c: t.C})
	case opAfter:
		m.keep(o.operand, timerSlot{c: time.After(d)})
	case opTReset:
		switch {
		case slot.timer != nil:
			return stopped(slot.timer.Reset(d))
		case slot.ticker != nil:
			slot.ticker.Reset(d)
		default:
			return resultNothing, 0
		}
	}
	return resultNone, 0
}
