module gobuf.test/status

go 1.24
