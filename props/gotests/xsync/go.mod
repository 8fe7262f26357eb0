// The versions of the modules whose tests are told in errgroup.ts and rate.ts.
module gobuf/props/gotests/xsync

go 1.26.0

require (
	golang.org/x/sync v0.25.0
	golang.org/x/time v0.12.0
)
