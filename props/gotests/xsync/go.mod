// The version of golang.org/x/sync whose tests are told in errgroup.ts.
module gobuf/props/gotests/xsync

go 1.26.0

require golang.org/x/sync v0.25.0
