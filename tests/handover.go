// A process hands a lock that it holds to a child that os/exec starts, and ends; the child is the holder then.
// Exit status 0: nobody could take the lock meanwhile, and the child freed it.
package main

// #cgo LDFLAGS: -lralph_lock
// #include <stdlib.h>
// #include <ralph_lock.h>
import "C"

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"unsafe"
)

func check(what string, expected, status C.ralph_lock_status) {
	if status != expected {
		name := C.GoString(C.ralph_lock_status_name(C.int32_t(status)))
		log.Panicf("%s: %s: %s", strings.Join(os.Args[1:], " "), what, name)
	}
}

// must stops the test, and with it all processes that wait for its words.
func must(err error) {
	if err != nil {
		log.Panic(err)
	}
}

// tryAcquire also tells who holds the lock: process, prompt and liveness.
func tryAcquire(root, prompt string) (C.ralph_lock_status, *C.ralph_lock_guard, string) {
	cRoot, cPrompt := C.CString(root), C.CString(prompt)
	defer C.free(unsafe.Pointer(cRoot))
	defer C.free(unsafe.Pointer(cPrompt))
	var guard *C.ralph_lock_guard
	var holder *C.ralph_lock_metadata
	status := C.ralph_lock_try_acquire(cRoot, cPrompt, &guard, &holder, nil)
	defer C.ralph_lock_metadata_free(holder)
	live := C.ralph_lock_metadata_liveness(holder) == C.RALPH_LOCK_LIVENESS_LIVE
	who := fmt.Sprintf("%d %s %t", C.ralph_lock_metadata_pid(holder), C.GoString(C.ralph_lock_metadata_prompt(holder)), live)
	return status, guard, who
}

// hear waits for one letter from standard input.
func hear() {
	if count, err := os.Stdin.Read(make([]byte, 1)); count != 1 {
		log.Panic(err)
	}
}

// parent takes the lock, starts the child with it as soon as it is told to, and ends.
func parent(root string) {
	status, guard, _ := tryAcquire(root, "parent")
	check("acquire", C.RALPH_LOCK_OK, status)
	fmt.Println("held")
	hear()
	var fd C.int32_t
	check("into_fd", C.RALPH_LOCK_OK, C.ralph_lock_guard_into_fd(guard, &fd, nil))
	lock := os.NewFile(uintptr(fd), "lock")
	child := exec.Command(os.Args[0], "child", root)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	child.ExtraFiles = []*os.File{lock}
	must(child.Start())
	must(lock.Close())
}

// child adopts the lock once its parent has ended, and frees it when it is told to.
func child(root string) {
	fmt.Println(os.Getpid())
	hear()
	cRoot, cPrompt := C.CString(root), C.CString("child")
	var guard *C.ralph_lock_guard
	// The first of the extra files.
	check("adopt_fd", C.RALPH_LOCK_OK, C.ralph_lock_adopt_fd(cRoot, cPrompt, nil, 3, &guard, nil))
	fmt.Println("adopted")
	hear()
	check("release", C.RALPH_LOCK_OK, C.ralph_lock_release(guard))
	fmt.Println("released")
}

// contend tries for the lock until it is told to end.
func contend(root string, over <-chan bool, ended chan<- bool) {
	for {
		status, _, _ := tryAcquire(root, "contender")
		check("contender", C.RALPH_LOCK_ALREADY_LOCKED, status)
		select {
		case <-over:
			ended <- true
			return
		default:
		}
	}
}

func handOver(root string) {
	family := exec.Command(os.Args[0], "parent", root)
	family.Stderr = os.Stderr
	// Not by StdoutPipe, which is closed when the parent ends.
	answers, output, err := os.Pipe()
	must(err)
	input, letters, err := os.Pipe()
	must(err)
	family.Stdin, family.Stdout = input, output
	must(family.Start())
	must(input.Close())
	must(output.Close())
	lines := bufio.NewReader(answers)
	say := func(letter string) {
		_, err := letters.WriteString(letter)
		must(err)
	}
	line := func() string {
		line, err := lines.ReadString('\n')
		must(err)
		return strings.TrimSpace(line)
	}
	expect := func(expected string) {
		if found := line(); found != expected {
			log.Panicf("%q instead of %q", found, expected)
		}
	}

	expect("held")
	over, ended := make(chan bool), make(chan bool)
	go contend(root, over, ended)
	say("g")
	must(family.Wait())
	heir := line()
	say("a")
	expect("adopted")
	status, _, holder := tryAcquire(root, "try")
	check("try", C.RALPH_LOCK_ALREADY_LOCKED, status)
	if holder != heir+" child true" {
		log.Panicf("the holder is %q, the child %s", holder, heir)
	}
	over <- true
	<-ended
	say("r")
	expect("released")
	status, guard, _ := tryAcquire(root, "after all")
	check("after all", C.RALPH_LOCK_OK, status)
	check("release", C.RALPH_LOCK_OK, C.ralph_lock_release(guard))
}

func main() {
	switch {
	case len(os.Args) < 3:
		handOver(os.Args[1])
	case os.Args[1] == "parent":
		parent(os.Args[2])
	default:
		child(os.Args[2])
	}
}
