//go:build unix

// The CPU time and the memory of this process, on Unix.

package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// cpuTime is the CPU time of this process so far, all its threads, in nanoseconds.
func cpuTime() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// residentBytes is the resident memory of this process after a collection; where there is no /proc, what the runtime
// holds of the system.
func residentBytes() int64 {
	runtime.GC()
	text, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		var size, resident int64
		if _, err := fmt.Fscan(bytes.NewReader(text), &size, &resident); err == nil {
			return resident * int64(os.Getpagesize())
		}
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.Sys - stats.HeapReleased)
}
