// The CPU time and the memory of this process, on Windows.

package main

import (
	"runtime"
	"syscall"
)

// cpuTime is the CPU time of this process so far, all its threads, in nanoseconds.
func cpuTime() int64 {
	process, err := syscall.GetCurrentProcess()
	if err != nil {
		panic(err)
	}
	var created, exited, kernel, user syscall.Filetime
	if err := syscall.GetProcessTimes(process, &created, &exited, &kernel, &user); err != nil {
		panic(err)
	}
	ticks := func(t syscall.Filetime) int64 { return int64(t.HighDateTime)<<32 + int64(t.LowDateTime) }
	return 100 * (ticks(kernel) + ticks(user))
}

// residentBytes is what the runtime holds of the system after a collection.
func residentBytes() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.Sys - stats.HeapReleased)
}
