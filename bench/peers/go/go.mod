module gobuf/bench

go 1.26
