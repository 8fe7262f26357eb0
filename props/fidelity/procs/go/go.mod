module gobuf.test/procs

go 1.26.0
