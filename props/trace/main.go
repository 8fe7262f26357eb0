// The reader of golang.org/x/exp/trace, for many traces at once: takes the paths of files, one a line, and prints a line
// of JSON for each.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"golang.org/x/exp/trace"
)

// Result is what the reader says of one trace.
type Result struct {
	File     string `json:"file"`
	Accepted bool   `json:"accepted"`
	// Reason is the reader's error.
	Reason string `json:"reason"`
	Syncs  int    `json:"syncs"`
	Events int    `json:"events"`
	// Goroutines are the changes of goroutines, "id from>to", with the reason behind a stop or block.
	Goroutines []string `json:"goroutines"`
	// Names are the functions that goroutines were created or first seen in, by id.
	Names map[string]string `json:"names"`
	// Changes are those of goroutines in place of all that follows, "id from to proc thread", where they were asked for.
	Changes []string `json:"changes"`
	// Procs are the changes of procs, "id from>to", with the thread.
	Procs []string `json:"procs"`
	// Stacks are the frames of blocks, "id: func file:line ...".
	Stacks []string `json:"stacks"`
	// Annotations are logs, and begins and ends of regions and tasks, with the task that they belong to.
	Annotations []string `json:"annotations"`
	// Rises says that no event comes before the one it follows.
	Rises bool `json:"rises"`
	// Span is the time between the first event and the last, nanoseconds.
	Span int64 `json:"span"`
}

func (r *Result) note(ev trace.Event) {
	r.Events++
	switch ev.Kind() {
	case trace.EventSync:
		r.Syncs++
	case trace.EventStateTransition:
		st := ev.StateTransition()
		switch st.Resource.Kind {
		case trace.ResourceGoroutine:
			r.goroutine(ev, st)
		case trace.ResourceProc:
			from, to := st.Proc()
			if from == to {
				return
			}
			r.Procs = append(r.Procs, fmt.Sprintf("%d %v>%v M%d", st.Resource.Proc(), from, to, ev.Thread()))
		}
	case trace.EventLog:
		log := ev.Log()
		r.annotate(ev, fmt.Sprintf("log %s: %s", log.Category, log.Message), log.Task)
	case trace.EventRegionBegin:
		r.annotate(ev, "begin "+ev.Region().Type, ev.Region().Task)
	case trace.EventRegionEnd:
		r.annotate(ev, "end "+ev.Region().Type, ev.Region().Task)
	case trace.EventTaskBegin:
		r.annotate(ev, fmt.Sprintf("begin task %d %s", ev.Task().ID, ev.Task().Type), ev.Task().Parent)
	case trace.EventTaskEnd:
		r.annotate(ev, fmt.Sprintf("end task %d %s", ev.Task().ID, ev.Task().Type), ev.Task().Parent)
	}
}

func (r *Result) annotate(ev trace.Event, what string, task trace.TaskID) {
	text := fmt.Sprintf("%d %s", ev.Goroutine(), what)
	if task != trace.BackgroundTask && task != trace.NoTask {
		text += fmt.Sprintf(" in %d", task)
	}
	r.Annotations = append(r.Annotations, text)
}

func (r *Result) goroutine(ev trace.Event, st trace.StateTransition) {
	id := st.Resource.Goroutine()
	from, to := st.Goroutine()
	// A generation tells again what is known.
	if from == to {
		return
	}
	if withChanges {
		r.Changes = append(r.Changes, fmt.Sprintf("%d %v %v %d %d", id, from, to, ev.Proc(), ev.Thread()))
		return
	}
	text := fmt.Sprintf("%d %v>%v", id, from, to)
	if st.Reason != "" {
		text += " " + st.Reason
	}
	r.Goroutines = append(r.Goroutines, text)
	key := fmt.Sprint(id)
	if _, named := r.Names[key]; !named {
		for frame := range st.Stack.Frames() {
			r.Names[key] = frame.Func
		}
	}
	if from != trace.GoRunning {
		return
	}
	text = key + ":"
	for frame := range ev.Stack().Frames() {
		text += fmt.Sprintf(" %s %s:%d", frame.Func, frame.File, frame.Line)
	}
	r.Stacks = append(r.Stacks, text)
}

func read(file string) Result {
	result := Result{File: file, Names: map[string]string{}, Rises: true}
	f, err := os.Open(file)
	if err != nil {
		result.Reason = err.Error()
		return result
	}
	defer f.Close()
	reader, err := trace.NewReader(bufio.NewReader(f))
	if err != nil {
		result.Reason = err.Error()
		return result
	}
	var first, last trace.Time
	for {
		ev, err := reader.ReadEvent()
		if err == io.EOF {
			result.Accepted = true
			return result
		}
		if err != nil {
			result.Reason = err.Error()
			return result
		}
		if ev.Time() < last {
			result.Rises = false
		}
		last = ev.Time()
		if first == 0 {
			first = last
		}
		result.Span = int64(last - first)
		result.note(ev)
	}
}

// withChanges says that the reader's argument asks for Changes.
var withChanges = len(os.Args) > 1 && os.Args[1] == "changes"

func main() {
	out := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if err := out.Encode(read(lines.Text())); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
