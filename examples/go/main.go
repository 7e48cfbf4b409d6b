// Takes the lock of the current workspace, or says which process holds it. Its argument is the prompt.
package main

import (
	"errors"
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
	var held *ralphlock.HeldError
	switch {
	case err == nil:
		fmt.Printf("we hold %s and can work\n", lock.Path())
		err = lock.Release()
	case errors.As(err, &held) && held.Holder != nil:
		fmt.Printf("taken by %s\n", held.Holder)
	default:
		fmt.Printf("not locked: %v\n", err)
	}
	if err != nil {
		os.Exit(1)
	}
}
