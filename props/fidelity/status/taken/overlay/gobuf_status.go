// Package runtime, overlaid: counts each change of a goroutine's status. overlay.ts adds this file to the runtime of a Go,
// and makes each compare-and-swap of a status a call of gobufStatusCAS.

package runtime

import (
	"internal/runtime/atomic"
	_ "unsafe" // for linkname
)

// gobufStatuses is more than a Go has, the scan bit left out.
const gobufStatuses = 32

var gobufStatusCounts [gobufStatuses * gobufStatuses]atomic.Uint32

//go:nosplit
func gobufStatusCAS(gp *g, from, to uint32) bool {
	if !gp.atomicstatus.CompareAndSwap(from, to) {
		return false
	}
	// what only takes or gives a scan bit is no change
	if f, t := from&^_Gscan, to&^_Gscan; f != t {
		gobufStatusCounts[(f%gobufStatuses)*gobufStatuses+t%gobufStatuses].Add(1)
	}
	return true
}

// gobufStatusCount says how often a status has followed another.
//
//go:linkname gobufStatusCount
func gobufStatusCount(from, to int) uint32 {
	return gobufStatusCounts[from*gobufStatuses+to].Load()
}
