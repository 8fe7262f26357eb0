module gobuf.test/goker

go 1.24
