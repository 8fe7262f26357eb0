// Package runtime, overlaid: the log of a recording, and the two inputs of the scheduler that a recording fixes.
// overlay.ts adds this file to the runtime of the installed Go and inserts the calls; see ../README.md.

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// The log is memory that outlives the process (a mapped file), because a deadlock ends in a throw.
// Word 0: events taken (may exceed the capacity); the events start gobufHeaderBytes in, four words each.
const (
	gobufHeaderBytes = 4096
	gobufEventBytes  = 16
	gobufStatusKind  = 1
	// more than a workload can create: 400 by go, 400 by timers
	gobufGoroutinesMax = 1024
)

var gobufLog struct {
	on       bool
	base     uintptr
	capacity uint32
	draw     uint64
	// goids of the goroutines created, in order; the first has number 1.
	created int
	goids   [gobufGoroutinesMax]uint64
}

// gobufStart begins a recording on the goroutine that calls it. Nothing else may be able to run.
//
//go:linkname gobufStart
func gobufStart(log uintptr, capacity uint32, seed uint64) {
	pp := getg().m.p.ptr()
	if gomaxprocs != 1 || !runqempty(pp) || !sched.runq.empty() || len(pp.timers.heap) != 0 || faketime == 0 {
		throw("gobuf: the scheduler is not at rest")
	}
	gobufLog.base = log
	gobufLog.capacity = capacity
	gobufLog.draw = seed
	pp.schedtick = 0
	gobufLog.on = true
}

// gobufStop ends the recording.
//
//go:linkname gobufStop
func gobufStop() { gobufLog.on = false }

// gobufSetKey makes key (not 0) the place of channel c in the order in which select locks channels.
//
//go:linkname gobufSetKey
func gobufSetKey(c *hchan, key uintptr) { c.gobufKey = key }

// gobufReason is the text of a wait reason, and ok is false past the last one.
//
//go:linkname gobufReason
func gobufReason(reason int) (text string, ok bool) {
	if reason >= len(waitReasonStrings) {
		return "", false
	}
	return waitReason(reason).String(), true
}

// gobufEvent appends one event.
//
//go:linkname gobufEvent
//go:nosplit
func gobufEvent(w0, w1, w2, w3 uint32) {
	if !gobufLog.on {
		return
	}
	at := atomic.Xadd((*uint32)(unsafe.Pointer(gobufLog.base)), 1) - 1
	if at >= gobufLog.capacity {
		return
	}
	event := (*[4]uint32)(unsafe.Pointer(gobufLog.base + gobufHeaderBytes + uintptr(at)*gobufEventBytes))
	event[0], event[1], event[2], event[3] = w0, w1, w2, w3
}

// gobufTransition is called after each status change of casgstatus.
//
//go:nosplit
func gobufTransition(gp *g, from, to uint32) {
	if gobufLog.on {
		if from == _Gdead && gobufLog.created < gobufGoroutinesMax {
			gobufLog.goids[gobufLog.created] = gp.goid
			gobufLog.created++
		}
		gobufEvent(gobufStatusKind|from<<8|to<<16|uint32(gp.waitreason)<<24, uint32(gp.goid), 0, 0)
	}
}

// gobufCreated is how many goroutines were created since the recording began.
//
//go:linkname gobufCreated
func gobufCreated() int { return gobufLog.created }

// gobufNumber is the number of the calling goroutine: its place in the order of creation, 0 for main.
//
//go:linkname gobufNumber
func gobufNumber() int {
	goid := getg().goid
	for i := gobufLog.created; i > 0; i-- {
		if gobufLog.goids[i-1] == goid {
			return i
		}
	}
	return 0
}

// gobufDraw stands in for the draw of select's poll order.
func gobufDraw(n uint32) uint32 {
	if !gobufLog.on {
		return cheaprandn(n)
	}
	gobufLog.draw += 0xa0761d6478bd642f
	hi, lo := gobufMul64(gobufLog.draw, gobufLog.draw^0xe7037ed1a0b428db)
	return uint32((uint64(uint32(hi^lo)) * uint64(n)) >> 32)
}

// gobufMul64 is the product of two words: the runtime's own has another name in each release.
func gobufMul64(x, y uint64) (hi, lo uint64) {
	const half = 1<<32 - 1
	x0, x1 := x&half, x>>32
	y0, y1 := y&half, y>>32
	middle := x1*y0 + x0*y0>>32
	hi = x1*y1 + middle>>32 + (middle&half+x0*y1)>>32
	return hi, x * y
}
