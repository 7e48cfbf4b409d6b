// The Go package, measured: `package ROOT`, see worker.h.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"ralphlock"
)

var (
	root string
	held *ralphlock.Lock
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func acquire() {
	var err error
	held, err = ralphlock.TryAcquire(root, "benchmark")
	check(err)
}

func release() {
	check(held.Release())
}

func refused() {
	_, err := ralphlock.TryAcquire(root, "benchmark")
	var inTheWay *ralphlock.HeldError
	if !errors.As(err, &inTheWay) || inTheWay.Holder.PID == 0 {
		log.Fatal("no holder")
	}
}

func record() {
	holder, err := ralphlock.ReadExisting(root)
	check(err)
	if holder.PID == 0 {
		log.Fatal("no holder")
	}
}

func locked() {
	_, err := ralphlock.IsLocked(root)
	check(err)
}

func main() {
	root = os.Args[1]
	operations := map[string]func(){
		"pair":    func() { acquire(); release() },
		"take":    acquire,
		"release": release,
		"refused": refused,
		"record":  record,
		"locked":  locked,
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
