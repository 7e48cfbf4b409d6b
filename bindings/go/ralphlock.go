// Package ralphlock lets one process at a time work in a workspace. Every other one learns which process holds it, since
// when and doing what.
//
//	lock, err := ralphlock.TryAcquire(".", "implement auth")
//	var held *ralphlock.HeldError
//	switch {
//	case err == nil:
//		defer lock.Release()
//		work()
//	case errors.As(err, &held):
//		fmt.Println("busy:", held.Holder.Summary())
//	default:
//		log.Fatal(err)
//	}
//
// The lock is the kernel's flock(2) on the file .ralph/loop.lock under the workspace root. It ends with the process
// that holds it, however the process ends. It belongs to the process, not to a goroutine, and two locks of one
// process exclude each other too. The garbage collector never releases a lock: it is held until [Lock.Release] or the
// end of the process.
//
// This package is a layer over the C library libralph_lock; its header, ralph_lock.h, says more. A released module
// contains the library for Linux on amd64 and arm64, which becomes part of the program; the build tag "musl" chooses
// the one for musl. In a clone, on other platforms, or with the tag "system", pkg-config finds the library, and the
// tag "static" makes that one part of the program.
//
// Every function and method may be called by any goroutine at any time.
package ralphlock

// #include <ralph_lock.h>
import "C"

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"syscall"
)

// LockFile is the lock file, relative to the workspace root.
const LockFile = C.RALPH_LOCK_FILE

// Version returns the version of the running library.
func Version() string {
	return C.GoString(C.ralph_lock_version())
}

// TryAcquire takes the workspace's lock now. If another process holds it, or another [Lock] of this one, the error is a
// [*HeldError], else an [*Error]. The root is an existing directory; [FindRoot] finds it. The prompt is what this process
// is going to do, for other processes to read: UTF-8 without NUL, at most 16 MiB, and no secrets.
//
// It does not wait for the lock to be released, but up to 20 ms for a holder that is writing its record, and up to a second
// while only processes that ask whether it is locked prevent it.
func TryAcquire(root, prompt string, opts ...Option) (*Lock, error) {
	c, err := newCall(root, prompt, opts)
	defer c.free()
	if err != nil {
		return nil, err
	}
	return c.try(nil)
}

// Acquire takes the workspace's lock, and waits for it until the context ends. Then the error is a [*HeldError]
// with the last holder, and errors.Is finds [context.Canceled] or [context.DeadlineExceeded] in it. For a context
// that has ended before, it returns the context's error and tries nothing. The root and the prompt are those of
// [TryAcquire], and so are the other errors.
//
// A waiting goroutine holds no thread: the kernel tells Go's poller when the lock may be free. On systems where waits
// cannot be polled it holds a thread until the context ends.
//
// A file system that has stopped answering, such as a dead network mount, delays no wait in another workspace. A wait
// on it ends with its context too, up to 100 ms later; a lock that it gets after that is released. If the
// first try has not returned either, the error is an [*Error] that wraps the context's.
func Acquire(ctx context.Context, root, prompt string, opts ...Option) (*Lock, error) {
	if ctx == nil {
		return nil, invalid("the context is nil")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, err := newCall(root, prompt, opts)
	if err != nil {
		c.free()
		return nil, err
	}
	return acquire(ctx, c, (*call).waitInPoller)
}

// Adopt makes a lock of a file from [Lock.IntoFile], here or in another process, and makes this process the holder on
// record. The lock is never free in between. A child finds the first of its parent's ExtraFiles as
//
//	os.NewFile(3, "lock")
//
// It also adopts a shell's lock: exec 9<>.ralph/loop.lock; flock 9. With a file that has no lock it takes the lock, if
// that is free. To the kernel all copies of a descriptor are one: adopt only one of them.
//
// On success the file is closed, because the lock has a copy; otherwise it stays the caller's. Root and options must be
// those of the lock. The error is a [*HeldError] if another process holds the lock, and has [StatusLost] if the lock file
// was removed from the workspace.
func Adopt(root, prompt string, file *os.File, opts ...Option) (*Lock, error) {
	c, err := newCall(root, prompt, opts)
	defer c.free()
	if err != nil {
		return nil, err
	}
	fd, err := duplicateFile(file)
	if err != nil {
		return nil, err
	}
	var a answer
	a.status = C.ralph_lock_adopt_fd(c.root, c.prompt, c.options, C.int32_t(fd), &a.guard, &a.error)
	lock, err := a.take(c)
	if err != nil {
		syscall.Close(fd)
		return nil, err
	}
	file.Close()
	return lock, nil
}

// duplicateFile copies a file's descriptor, because a file that is collected closes its own.
func duplicateFile(file *os.File) (int, error) {
	if file == nil {
		return -1, invalid("the file is nil")
	}
	defer runtime.KeepAlive(file)
	number := file.Fd()
	if number == ^uintptr(0) {
		return -1, &Error{Status: StatusInvalidHandle, Message: "the file is closed"}
	}
	if number > math.MaxInt32 {
		return -1, invalid(fmt.Sprintf("the descriptor %d does not fit into 32 bits", number))
	}
	return duplicate(int32(number))
}
