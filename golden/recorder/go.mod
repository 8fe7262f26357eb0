module gobuf.test/recorder

go 1.24
