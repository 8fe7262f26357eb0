// Package xsync keeps golang.org/x/sync and golang.org/x/time among what this module requires.
package xsync

import (
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/time/rate"
)
