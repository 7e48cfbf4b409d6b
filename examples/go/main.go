// Takes the lock of the workspace that it runs in, or says which process holds it. Its argument is the prompt.
package main

import (
	"fmt"
	"os"

	"ralphlock"
)

func main() {
	prompt := ""
	if len(os.Args) > 1 {
		prompt = os.Args[1]
	}
	lock, err := ralphlock.TryAcquire(".", prompt)
	if err == nil {
		fmt.Printf("we hold %s and can work\n", lock.Path())
		err = lock.Release()
	} else {
		// Of a lock that is held the error says by which process, since when and what it is doing.
		fmt.Printf("not locked: %v\n", err)
	}
	if err != nil {
		os.Exit(1)
	}
}
