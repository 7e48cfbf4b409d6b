package ralphlock_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"ralphlock"
)

func Example() {
	root, err := os.MkdirTemp("", "workspace")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(root)

	lock, err := ralphlock.TryAcquire(root, "implement auth")
	if err != nil {
		log.Fatal(err)
	}

	// Another program would get this.
	_, err = ralphlock.TryAcquire(root, "fix the tests")
	var held *ralphlock.HeldError
	if errors.As(err, &held) {
		fmt.Println("another lock of this process:", held.Holder.Relation == ralphlock.RelationSelf)
	}

	// Or it waits, here until this program is done.
	go lock.Release()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	lock, err = ralphlock.Acquire(ctx, root, "fix the tests")
	if err != nil {
		log.Fatal(err)
	}
	defer lock.Release()
	fmt.Println("the lock is ours")
	// Output:
	// another lock of this process: true
	// the lock is ours
}
