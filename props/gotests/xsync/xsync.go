// Package xsync keeps golang.org/x/sync among what this module requires.
package xsync

import _ "golang.org/x/sync/errgroup"
