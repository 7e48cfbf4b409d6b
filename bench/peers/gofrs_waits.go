// gofrs/flock as one process of the benchmark of waiting; the letters are those of handoff.c.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"syscall"
	"time"
	"unsafe"

	"github.com/gofrs/flock"
)

const (
	monotonic      = 1
	processCPUTime = 2
)

// Go's own clock has no common origin with that of other processes.
func now(clock uintptr) int64 {
	var moment syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&moment)), 0)
	return moment.Nano()
}

func main() {
	lock := flock.New(filepath.Join(os.Args[1], "gofrs"))
	letter := make([]byte, 1)
	for {
		if count, err := os.Stdin.Read(letter); count != 1 || err != nil {
			return
		}
		var moment, cpu int64
		if letter[0] == 'a' || letter[0] == 'p' {
			cpu = now(processCPUTime)
			if _, err := lock.TryLockContext(context.Background(), 10*time.Millisecond); err != nil {
				log.Fatal(err)
			}
			moment = now(monotonic)
			cpu = now(processCPUTime) - cpu
			if letter[0] == 'p' {
				if err := lock.Unlock(); err != nil {
					log.Fatal(err)
				}
			}
		} else {
			moment = now(monotonic)
			if err := lock.Unlock(); err != nil {
				log.Fatal(err)
			}
		}
		fmt.Printf("%d %d\n", moment, cpu)
	}
}
