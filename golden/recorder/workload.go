// The workload as it is read from JSON: bodies, ops and the objects that they share.

package main

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

type opcode int

const (
	opGo opcode = iota
	opSend
	opRecv
	opClose
	opSelect
	opLock
	opUnlock
	opWLock
	opWUnlock
	opRLock
	opRUnlock
	opWgAdd
	opWgDone
	opWgWait
	opCondWait
	opSignal
	opBroadcast
	opGosched
	opSleep
	opGoexit
	opOnce
	opWork
	opAfterFunc
	opNewTimer
	opNewTicker
	opAfter
	opTReset
	opTStop
	opTRecv
	// events only
	opStart
	opExit
	opDone
	opCount
)

var opNames = [opCount]string{"go", "send", "recv", "close", "select", "lock", "unlock", "wlock", "wunlock", "rlock",
	"runlock", "wgadd", "wgdone", "wgwait", "condwait", "signal", "broadcast", "gosched", "sleep", "goexit", "once", "work",
	"afterfunc", "newtimer", "newticker", "after", "treset", "tstop", "trecv", "start", "exit", "done"}

const (
	resultNone = iota
	resultNumber
	resultClosed
	resultDefault
	resultPanic
	resultEnter
	resultTrue
	resultFalse
	resultNothing
	resultCount
)

var resultNames = [resultCount]string{"", "number", "closed", "default", "panic", "enter", "true", "false", "none"}

const selectCasesMax = 3

type selectCase struct {
	send  bool
	timer bool
	c     int
}

type op struct {
	code       opcode
	operand    int
	us         int
	target     int
	cases      []selectCase
	hasDefault bool
	body       []op
}

// machine is everything the goroutines of a workload share.
type machine struct {
	chans      []chan int
	mutexes    []sync.Mutex
	rwmutexes  []sync.RWMutex
	waitgroups []sync.WaitGroup
	conds      []*sync.Cond
	onces      []sync.Once
	timers     []timerSlot
	timersSet  int
	keys       int
	origin     time.Time
	join       bool
	joined     sync.WaitGroup
	bodies     [][]op
	started    int
}

type input struct {
	Seed     *uint64 `json:"seed"`
	Workload struct {
		Chans      []*int              `json:"chans"`
		Mutexes    int                 `json:"mutexes"`
		RWMutexes  int                 `json:"rwmutexes"`
		WaitGroups int                 `json:"waitgroups"`
		Conds      int                 `json:"conds"`
		Onces      int                 `json:"onces"`
		Timers     int                 `json:"timers"`
		Join       bool                `json:"join"`
		Bodies     [][]json.RawMessage `json:"bodies"`
	} `json:"workload"`
}

func decode(text []byte) (uint64, *machine, error) {
	var in input
	if err := json.Unmarshal(text, &in); err != nil {
		return 0, nil, err
	}
	w := &in.Workload
	if in.Seed == nil || len(w.Bodies) == 0 {
		return 0, nil, fmt.Errorf("no seed or no body")
	}
	m := &machine{
		mutexes:    make([]sync.Mutex, w.Mutexes),
		rwmutexes:  make([]sync.RWMutex, w.RWMutexes),
		waitgroups: make([]sync.WaitGroup, w.WaitGroups),
		onces:      make([]sync.Once, w.Onces),
		timers:     make([]timerSlot, w.Timers),
		keys:       len(w.Chans),
		join:       w.Join,
		bodies:     make([][]op, len(w.Bodies)),
	}
	for _, capacity := range w.Chans {
		var c chan int
		if capacity != nil {
			c = make(chan int, *capacity)
		}
		m.chans = append(m.chans, c)
	}
	for range w.Conds {
		m.conds = append(m.conds, sync.NewCond(new(sync.Mutex)))
	}
	for i, body := range w.Bodies {
		ops, err := m.decodeBody(body)
		if err != nil {
			return 0, nil, fmt.Errorf("body %d: %w", i, err)
		}
		m.bodies[i] = ops
	}
	return *in.Seed, m, nil
}

func (m *machine) decodeBody(body []json.RawMessage) ([]op, error) {
	ops := make([]op, len(body))
	for i, text := range body {
		if err := m.decodeOp(text, &ops[i]); err != nil {
			return nil, fmt.Errorf("op %d, %s: %w", i, text, err)
		}
	}
	return ops, nil
}

func (m *machine) decodeOp(text []byte, o *op) error {
	var parts []json.RawMessage
	var name string
	if err := json.Unmarshal(text, &parts); err != nil {
		return err
	}
	if len(parts) == 0 {
		return fmt.Errorf("no name")
	}
	if err := json.Unmarshal(parts[0], &name); err != nil {
		return err
	}
	o.code = opStart
	for code, known := range opNames[:opStart] {
		if name == known {
			o.code = opcode(code)
		}
	}
	operands := []any{&o.operand}
	switch o.code {
	case opStart:
		return fmt.Errorf("unknown")
	case opGosched, opGoexit:
		operands = nil
	case opSelect:
		return m.decodeSelect(parts, o)
	case opNewTimer, opNewTicker, opAfter, opTReset:
		operands = append(operands, &o.us)
	case opAfterFunc:
		operands = append(operands, &o.us, &o.target)
	case opOnce:
		var body []json.RawMessage
		operands = append(operands, &body)
		if err := decodeOperands(parts, operands); err != nil {
			return err
		}
		ops, err := m.decodeBody(body)
		if err != nil {
			return err
		}
		o.body = ops
		return m.checkIndex(o)
	}
	if err := decodeOperands(parts, operands); err != nil {
		return err
	}
	return m.checkIndex(o)
}

func decodeOperands(parts []json.RawMessage, operands []any) error {
	if len(parts) != 1+len(operands) {
		return fmt.Errorf("%d operands expected", len(operands))
	}
	for i, operand := range operands {
		if err := json.Unmarshal(parts[1+i], operand); err != nil {
			return err
		}
	}
	return nil
}

func (m *machine) decodeSelect(parts []json.RawMessage, o *op) error {
	var cases [][2]any
	if err := decodeOperands(parts, []any{&cases, &o.hasDefault}); err != nil {
		return err
	}
	if len(cases) > selectCasesMax {
		return fmt.Errorf("too many cases")
	}
	for _, c := range cases {
		dir, _ := c[0].(string)
		at, ok := c[1].(float64)
		count := len(m.chans)
		if dir == "timer" {
			count = len(m.timers)
		} else if dir != "send" && dir != "recv" {
			return fmt.Errorf("bad case")
		}
		if !ok || at != float64(int(at)) || int(at) < 0 || int(at) >= count {
			return fmt.Errorf("bad case")
		}
		o.cases = append(o.cases, selectCase{send: dir == "send", timer: dir == "timer", c: int(at)})
	}
	return nil
}

// checkIndex refuses an operand that names nothing, so that no runtime error is ever taken for the panic of an operation.
func (m *machine) checkIndex(o *op) error {
	count := -1
	switch o.code {
	case opGo:
		count = len(m.bodies)
	case opSend, opRecv, opClose:
		count = len(m.chans)
	case opLock, opUnlock:
		count = len(m.mutexes)
	case opWLock, opWUnlock, opRLock, opRUnlock:
		count = len(m.rwmutexes)
	case opWgAdd, opWgDone, opWgWait:
		count = len(m.waitgroups)
	case opCondWait, opSignal, opBroadcast:
		count = len(m.conds)
	case opOnce:
		count = len(m.onces)
	case opAfterFunc, opNewTimer, opNewTicker, opAfter, opTReset, opTStop, opTRecv:
		count = len(m.timers)
		if o.code == opAfterFunc && (o.target < 0 || o.target >= len(m.bodies)) {
			return fmt.Errorf("no such body")
		}
	}
	if count >= 0 && (o.operand < 0 || o.operand >= count) {
		return fmt.Errorf("no such operand")
	}
	return nil
}
