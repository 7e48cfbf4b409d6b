// Package ralphlock locks a workspace that only one program at a time may work in, and tells every other
// who has it, since when and doing what.
//
//	lock, err := ralphlock.TryAcquire(".", "implement auth")
//	var held *ralphlock.HeldError
//	switch {
//	case err == nil:
//		defer lock.Release()
//		work()
//	case errors.As(err, &held) && held.Holder != nil:
//		fmt.Printf("process %d is at it: %s\n", held.Holder.PID, held.Holder.Prompt)
//	default:
//		fmt.Println(err)
//	}
//
// What is locked is the file .ralph/loop.lock under the workspace root, by the kernel's flock(2). That lock ends
// with the process that holds it, however the process ends. It belongs to the process, not to a goroutine, and
// two locks of one process exclude each other too.
//
// This package is a layer over the C library libralph_lock, which it finds through pkg-config; its header,
// ralph_lock.h, says more. With the build tag "static" the library becomes part of the program.
//
// Every function and method may be called by any goroutine at any time.
package ralphlock

// #cgo !static pkg-config: ralph_lock
// #cgo static pkg-config: --static ralph_lock
// #cgo static LDFLAGS: -Wl,--as-needed -l:libralph_lock.a
// #include <ralph_lock.h>
import "C"

import (
	"context"
	"os"
	"runtime"
	"syscall"
)

// LockFile is the lock file, relative to the workspace root.
const LockFile = C.RALPH_LOCK_FILE

// Version is that of the library which runs.
func Version() string {
	return C.GoString(C.ralph_lock_version())
}

// TryAcquire takes the workspace's lock now. When somebody else holds it, another lock of this process included,
// the error is a [*HeldError], else an [*Error]. The prompt is what this process is going to do, for others to
// read: UTF-8 without NUL, at most 16 MiB.
//
// It never waits, except up to 20 ms for a holder that is just writing who it is, and up to a second when nothing
// but a stream of others who ask "is it locked?" is in the way.
func TryAcquire(root, prompt string, opts ...Option) (*Lock, error) {
	c, err := newCall(root, prompt, opts)
	defer c.free()
	if err != nil {
		return nil, err
	}
	return c.try()
}

// Acquire takes the workspace's lock, and waits for it until the context ends. Then the error is a [*HeldError]
// with who held the lock last, and errors.Is finds [context.Canceled] or [context.DeadlineExceeded] in it. A
// context that has ended before is answered with its own error, and nothing is tried. The prompt is that of
// [TryAcquire], and so are the other errors.
//
// A goroutine that waits holds no thread: the kernel tells Go's poller when the lock may be free. On systems that
// cannot do that, all but Linux, it holds one until the context ends.
func Acquire(ctx context.Context, root, prompt string, opts ...Option) (*Lock, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, err := newCall(root, prompt, opts)
	defer c.free()
	if err != nil {
		return nil, err
	}
	return acquire(ctx, c, (*call).waitInPoller)
}

// Adopt makes a lock of a file that [Lock.IntoFile] gave, here or in another process, and this process the holder
// on record. The lock is never free in between. A child finds the first of its parent's ExtraFiles as
//
//	os.NewFile(3, "lock")
//
// It also adopts what a shell holds: exec 9<>.ralph/loop.lock; flock 9. A file that has no lock takes it, if it is
// free. To the kernel all copies of a descriptor are one: adopt only one.
//
// On success the file is closed, for the lock has it; else it is the caller's as before. Root, prompt and options
// must be those of the lock. It fails with a [*HeldError] when somebody holds the lock through another descriptor,
// and with [StatusLost] when the lock file was removed from the workspace.
func Adopt(root, prompt string, file *os.File, opts ...Option) (*Lock, error) {
	c, err := newCall(root, prompt, opts)
	defer c.free()
	if err != nil {
		return nil, err
	}
	// A copy, because the file would close its own descriptor some day, whoever has it then.
	fd, err := duplicate(file.Fd())
	runtime.KeepAlive(file)
	if err != nil {
		return nil, err
	}
	var a answer
	a.status = C.ralph_lock_adopt_fd(c.root, c.prompt, c.options, C.int32_t(fd), &a.guard, &a.error)
	lock, err := a.take()
	if err != nil {
		syscall.Close(fd)
		return nil, err
	}
	file.Close()
	return lock, nil
}
