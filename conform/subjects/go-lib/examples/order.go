// The same as order.rs, in Go.
package main

import "fmt"

func main() {
	c := make(chan string)
	go func() { c <- "the first" }()
	go func() { c <- "the last" }()
	fmt.Println(<-c)
}
