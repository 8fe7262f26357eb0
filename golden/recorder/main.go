// The recorder runs one workload on Go's own runtime and leaves a log of it.
//
// It reads {"seed","workload"} (golden format 1) from standard input and logs into the file that is open as descriptor 3,
// which it maps: a deadlock ends the process in a throw, and the log must survive that. It is built with the overlay of
// overlay.ts, which adds the functions declared without a body below to the runtime.
package main

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

//go:linkname gobufStart runtime.gobufStart
func gobufStart(log uintptr, capacity uint32, seed uint64)

//go:linkname gobufStop runtime.gobufStop
func gobufStop()

//go:linkname gobufSetKey runtime.gobufSetKey
func gobufSetKey(c unsafe.Pointer, key uintptr)

//go:linkname gobufReason runtime.gobufReason
func gobufReason(reason int) (text string, ok bool)

//go:linkname gobufEvent runtime.gobufEvent
func gobufEvent(w0, w1, w2, w3 uint32)

// The file: 4096 bytes of header (count of events, length of the legend, legend), then events of four words. The runtime's
// part of this is in overlay/gobuf_record.go, the reader in log.ts.
const (
	logDescriptor = 3
	headerBytes   = 4096
	legendOffset  = 8
	eventBytes    = 16
)

// restYields lets the runtime's own goroutines run until they park.
const restYields = 8

func main() {
	input, err := io.ReadAll(os.Stdin)
	check(err)
	seed, machine, err := decode(input)
	check(err)
	log, capacity := openLog()
	for i, c := range machine.chans {
		if c != nil {
			gobufSetKey(reflect.ValueOf(c).UnsafePointer(), uintptr(i+1))
		}
	}
	for range restYields {
		runtime.Gosched()
	}
	machine.origin = time.Now()
	gobufStart(log, capacity, seed)
	(&routine{machine: machine, id: 0, held: newHeld(machine)}).live(0)
	if machine.join {
		machine.joined.Wait()
	}
	event(opDone, resultNone, 0, 0, 0)
	gobufStop()
}

// openLog maps the log and writes its legend: the texts that the events name by number.
func openLog() (uintptr, uint32) {
	var stat syscall.Stat_t
	check(syscall.Fstat(logDescriptor, &stat))
	log, err := syscall.Mmap(logDescriptor, 0, int(stat.Size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	check(err)
	var legend struct {
		Go      string   `json:"go"`
		Reasons []string `json:"reasons"`
		Ops     []string `json:"ops"`
		Results []string `json:"results"`
	}
	legend.Go = runtime.Version()
	for i := 0; ; i++ {
		text, ok := gobufReason(i)
		if !ok {
			break
		}
		legend.Reasons = append(legend.Reasons, text)
	}
	legend.Ops = opNames[:]
	legend.Results = resultNames[:]
	text, err := json.Marshal(legend)
	check(err)
	if legendOffset+len(text) > headerBytes {
		panic("the legend does not fit")
	}
	binary.LittleEndian.PutUint32(log, 0)
	binary.LittleEndian.PutUint32(log[4:], uint32(len(text)))
	copy(log[legendOffset:], text)
	return uintptr(unsafe.Pointer(&log[0])), uint32((len(log) - headerBytes) / eventBytes)
}

// event logs what operation `index` of goroutine `g` did.
func event(op opcode, result int, g, index, value int) {
	const opKind = 2
	gobufEvent(opKind|uint32(op)<<8|uint32(result)<<16, uint32(g), uint32(index), uint32(value))
}

func check(err error) {
	if err != nil {
		os.Stderr.WriteString("recorder: " + strconv.Quote(err.Error()) + "\n")
		os.Exit(1)
	}
}
