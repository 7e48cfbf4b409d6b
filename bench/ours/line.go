// Many waits of the Go package for one lock: `line COUNT ROOT`, see line.c.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"

	"ralphlock"
)

func main() {
	count, _ := strconv.Atoi(os.Args[1])
	held, err := ralphlock.TryAcquire(os.Args[2], "benchmark")
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	begin := time.Now()
	var waits sync.WaitGroup
	for i := 0; i < count; i++ {
		waits.Add(1)
		go func() {
			defer waits.Done()
			lock, err := ralphlock.Acquire(ctx, os.Args[2], "benchmark")
			if err != nil {
				log.Fatal(err)
			}
			runtime.Gosched()
			if err := lock.Release(); err != nil {
				log.Fatal(err)
			}
		}()
	}
	if err := held.Release(); err != nil {
		log.Fatal(err)
	}
	waits.Wait()
	fmt.Println(time.Since(begin).Nanoseconds())
}
