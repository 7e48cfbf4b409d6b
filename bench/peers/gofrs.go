// gofrs/flock, measured: `gofrs ROOT`, see worker.h.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

var (
	path string
	held *flock.Flock
	// The lock whose TryLock is refused again and again, as in TryLockContext: the file stays open after the first.
	waits *flock.Flock
)

func try(lock *flock.Flock) bool {
	locked, err := lock.TryLock()
	if err != nil {
		log.Fatal(err)
	}
	return locked
}

func acquire() {
	held = flock.New(path)
	if !try(held) {
		log.Fatal("it is locked")
	}
}

func release() {
	if err := held.Unlock(); err != nil {
		log.Fatal(err)
	}
}

func refused() {
	if try(waits) {
		log.Fatal("it was free")
	}
}

func main() {
	path = filepath.Join(os.Args[1], "gofrs")
	waits = flock.New(path)
	operations := map[string]func(){
		"pair":    func() { acquire(); release() },
		"take":    acquire,
		"release": release,
		"refused": refused,
	}
	for {
		var name string
		var count int
		if _, err := fmt.Scanln(&name, &count); err != nil {
			return
		}
		once := operations[name]
		begin := time.Now()
		for ; count > 0; count-- {
			once()
		}
		fmt.Println(time.Since(begin).Nanoseconds())
	}
}
