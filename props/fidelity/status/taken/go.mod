module gobuf.test/taken

go 1.24
