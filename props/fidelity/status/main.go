// The program reads the source of a Go runtime and prints, as JSON, its goroutine statuses, which of them
// castogscanstatus and casfrom_Gscanstatus take, and each status change that the source can make, with its places.
//
// A change is a compare-and-swap on g.atomicstatus. Where its operands are parameters (casgstatus, casGToWaiting), each
// call of the function is a change of its own, with the arguments of that call. What cannot be told so is printed, too:
// nothing is left out in silence.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// unknown is a status that the source does not say.
const unknown = -1

const scanBit = 0x1000

// maxCalls is how far up callers are followed.
const maxCalls = 6

type change struct {
	From  string   `json:"from"`
	To    string   `json:"to"`
	Where []string `json:"where"`
}

type result struct {
	Statuses   map[string]int `json:"statuses"`
	Scannable  []string       `json:"scannable"`
	Releasable []string       `json:"releasable"`
	Changes    []change       `json:"changes"`
	// Untold has uses of atomicstatus that are neither a load nor a change whose statuses are known.
	Untold []string `json:"untold"`
}

// call is a call of a function by name, within another one.
type call struct {
	within *ast.FuncDecl
	args   []ast.Expr
}

// frame is where an expression stands: a function, and the call that its parameters come from.
type frame struct {
	fn     *ast.FuncDecl
	args   []ast.Expr
	caller *frame
}

type reader struct {
	files  *token.FileSet
	consts map[string]ast.Expr
	values map[string]int
	calls  map[string][]call
	found  map[[2]int]map[string]bool
	result result
}

// scans are the functions whose changes are told by the statuses that they take.
var scans = map[string]bool{"castogscanstatus": true, "casfrom_Gscanstatus": true}

func main() {
	r := &reader{
		files:  token.NewFileSet(),
		consts: map[string]ast.Expr{},
		values: map[string]int{},
		calls:  map[string][]call{},
		found:  map[[2]int]map[string]bool{},
		result: result{Statuses: map[string]int{}, Untold: []string{}},
	}
	if len(os.Args) != 2 {
		fail("expected the folder of a runtime's source")
	}
	r.read(os.Args[1])
	out, err := json.Marshal(r.result)
	check(err)
	fmt.Println(string(out))
}

func (r *reader) read(folder string) {
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	check(err)
	var functions []*ast.FuncDecl
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(r.files, name, nil, parser.SkipObjectResolution)
		check(err)
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.GenDecl:
				if d.Tok == token.CONST {
					r.constants(d)
				}
			case *ast.FuncDecl:
				if d.Body != nil {
					functions = append(functions, d)
				}
			}
		}
	}
	if len(r.result.Statuses) == 0 {
		fail("there is no block of constants that begins with _Gidle = iota in " + folder)
	}
	for _, fn := range functions {
		r.noteCalls(fn)
	}
	for _, fn := range functions {
		r.noteChanges(fn)
		switch fn.Name.Name {
		case "castogscanstatus":
			r.result.Scannable = r.cases(fn)
		case "casfrom_Gscanstatus":
			r.result.Releasable = r.cases(fn)
		}
	}
	for pair, places := range r.found {
		c := change{From: r.nameOf(pair[0]), To: r.nameOf(pair[1])}
		for place := range places {
			c.Where = append(c.Where, place)
		}
		sort.Strings(c.Where)
		r.result.Changes = append(r.result.Changes, c)
	}
	sort.Slice(r.result.Changes, func(i, j int) bool {
		a, b := r.result.Changes[i], r.result.Changes[j]
		return a.From+">"+a.To < b.From+">"+b.To
	})
	sort.Strings(r.result.Untold)
}

// constants takes the statuses: the block that begins with _Gidle.
func (r *reader) constants(d *ast.GenDecl) {
	first, ok := d.Specs[0].(*ast.ValueSpec)
	if !ok || first.Names[0].Name != "_Gidle" {
		return
	}
	counting := true
	for i, spec := range d.Specs {
		value := spec.(*ast.ValueSpec)
		name := value.Names[0].Name
		if i > 0 && len(value.Values) > 0 {
			counting = false
			r.consts[name] = value.Values[0]
			continue
		}
		if !counting {
			fail("the status " + name + " has no value of its own")
		}
		r.values[name] = i
		if !strings.HasSuffix(name, "_unused") {
			r.result.Statuses[statusName(name)] = i
		}
	}
	// a status may have a number of its own; the scan bit and what has it are none
	for name, value := range r.consts {
		if values := r.eval(nil, value); values[0] >= 0 && values[0] < scanBit && !strings.HasSuffix(name, "_unused") {
			r.result.Statuses[statusName(name)] = values[0]
		}
	}
}

func statusName(constant string) string { return strings.TrimPrefix(constant, "_G") }

func (r *reader) nameOf(status int) string {
	scan := ""
	if status >= scanBit {
		scan = "scan"
		status &^= scanBit
	}
	for name, value := range r.result.Statuses {
		if value == status {
			return scan + name
		}
	}
	return scan + strconv.Itoa(status)
}

func (r *reader) place(fn *ast.FuncDecl, at token.Pos) string {
	return filepath.Base(r.files.Position(at).Filename) + ":" + fn.Name.Name
}

// noteCalls keeps the calls of plain functions by their names.
func (r *reader) noteCalls(fn *ast.FuncDecl) {
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			if name, ok := c.Fun.(*ast.Ident); ok {
				r.calls[name.Name] = append(r.calls[name.Name], call{fn, c.Args})
			}
		}
		return true
	})
}

// noteChanges finds what a function does to a status.
func (r *reader) noteChanges(fn *ast.FuncDecl) {
	if scans[fn.Name.Name] {
		return
	}
	told := map[ast.Node]bool{}
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			if method, ok := c.Fun.(*ast.SelectorExpr); ok && isStatus(method.X) {
				switch method.Sel.Name {
				case "Load":
					told[method.X] = true
				case "CompareAndSwap":
					told[method.X] = true
					r.follow(&frame{fn: fn}, c.Args[0], c.Args[1], c.Pos(), 0)
				}
			}
		}
		if e, ok := n.(ast.Expr); ok && isStatus(e) && !told[e] {
			r.untold(fn, e.Pos(), "a use that is no load and no compare-and-swap")
		}
		return true
	})
}

func isStatus(e ast.Expr) bool {
	field, ok := e.(*ast.SelectorExpr)
	return ok && field.Sel.Name == "atomicstatus"
}

func (r *reader) untold(fn *ast.FuncDecl, at token.Pos, what string) {
	r.result.Untold = append(r.result.Untold, r.place(fn, at)+": "+what)
}

// follow tells of one change; where an operand is a parameter of the outermost function, of one for each call of that.
func (r *reader) follow(in *frame, from, to ast.Expr, at token.Pos, calls int) {
	outer := in
	for outer.caller != nil {
		outer = outer.caller
	}
	if r.hangsOn(in, from) || r.hangsOn(in, to) {
		name := outer.fn.Name.Name
		if calls == maxCalls || len(r.calls[name]) == 0 {
			r.untold(outer.fn, at, "no call says what its parameters are")
			return
		}
		for _, c := range r.calls[name] {
			r.follow(withCaller(in, &frame{fn: c.within}, c.args), from, to, c.args[0].Pos(), calls+1)
		}
		return
	}
	for _, f := range r.eval(in, from) {
		for _, t := range r.eval(in, to) {
			if f == unknown || t == unknown {
				r.untold(outer.fn, at, "a change of which the source does not say the statuses")
				continue
			}
			pair := [2]int{f, t}
			if r.found[pair] == nil {
				r.found[pair] = map[string]bool{}
			}
			r.found[pair][r.place(outer.fn, at)] = true
		}
	}
}

// withCaller is the chain of frames with one more call at its outer end.
func withCaller(in, caller *frame, args []ast.Expr) *frame {
	if in.caller != nil {
		return &frame{in.fn, in.args, withCaller(in.caller, caller, args)}
	}
	return &frame{in.fn, args, caller}
}

func parameter(fn *ast.FuncDecl, name string) int {
	i := 0
	for _, field := range fn.Type.Params.List {
		for _, each := range field.Names {
			if each.Name == name {
				return i
			}
			i++
		}
	}
	return -1
}

// hangsOn says whether an expression is made of a parameter whose argument is not known yet.
func (r *reader) hangsOn(in *frame, e ast.Expr) bool {
	hangs := false
	ast.Inspect(e, func(n ast.Node) bool {
		name, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		if i := parameter(in.fn, name.Name); i >= 0 {
			hangs = hangs || in.caller == nil || r.hangsOn(in.caller, in.args[i])
		}
		return true
	})
	return hangs
}

// eval gives the values that an expression can have.
func (r *reader) eval(in *frame, e ast.Expr) []int {
	switch x := e.(type) {
	case *ast.ParenExpr:
		return r.eval(in, x.X)
	case *ast.BasicLit:
		if n, err := strconv.ParseInt(x.Value, 0, 32); err == nil {
			return []int{int(n)}
		}
	case *ast.CallExpr: // a conversion
		if name, ok := x.Fun.(*ast.Ident); ok && name.Name == "uint32" && len(x.Args) == 1 {
			return r.eval(in, x.Args[0])
		}
	case *ast.BinaryExpr:
		var values []int
		for _, a := range r.eval(in, x.X) {
			for _, b := range r.eval(in, x.Y) {
				values = append(values, combine(x.Op, a, b))
			}
		}
		return values
	case *ast.Ident:
		if value, ok := r.values[x.Name]; ok {
			return []int{value}
		}
		if value, ok := r.consts[x.Name]; ok {
			return r.eval(in, value)
		}
		if in == nil {
			return []int{unknown}
		}
		if i := parameter(in.fn, x.Name); i >= 0 && in.caller != nil {
			return r.eval(in.caller, in.args[i])
		}
		return r.assigned(in, x.Name)
	}
	return []int{unknown}
}

func combine(op token.Token, a, b int) int {
	if a == unknown || b == unknown {
		return unknown
	}
	switch op {
	case token.ADD:
		return a + b
	case token.OR:
		return a | b
	case token.AND_NOT:
		return a &^ b
	}
	return unknown
}

// assigned gives the values that a variable gets in its function.
func (r *reader) assigned(in *frame, name string) []int {
	seen := map[int]bool{}
	take := func(left ast.Expr, right ast.Expr) {
		if variable, ok := left.(*ast.Ident); !ok || variable.Name != name {
			return
		}
		if right == nil {
			seen[unknown] = true
			return
		}
		for _, value := range r.eval(in, right) {
			seen[value] = true
		}
	}
	ast.Inspect(in.fn.Body, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.AssignStmt:
			for i, left := range s.Lhs {
				var right ast.Expr
				if len(s.Rhs) == len(s.Lhs) && (s.Tok == token.ASSIGN || s.Tok == token.DEFINE) {
					right = s.Rhs[i]
				}
				take(left, right)
			}
		case *ast.ValueSpec:
			for i, left := range s.Names {
				var right ast.Expr
				if i < len(s.Values) {
					right = s.Values[i]
				}
				take(left, right)
			}
		}
		return true
	})
	var values []int
	for value := range seen {
		values = append(values, value)
	}
	if len(values) == 0 {
		return []int{unknown}
	}
	sort.Ints(values)
	return values
}

// cases gives the statuses of a function's first switch, without their scan bit.
func (r *reader) cases(fn *ast.FuncDecl) []string {
	names := []string{}
	done := false
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		s, ok := n.(*ast.SwitchStmt)
		if !ok || done {
			return !done
		}
		done = true
		for _, clause := range s.Body.List {
			for _, e := range clause.(*ast.CaseClause).List {
				for _, value := range r.eval(&frame{fn: fn}, e) {
					if value == unknown {
						r.untold(fn, e.Pos(), "a case that is no status")
						continue
					}
					names = append(names, r.nameOf(value&^scanBit))
				}
			}
		}
		return false
	})
	sort.Strings(names)
	return names
}

func check(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, "status: "+message)
	os.Exit(1)
}
