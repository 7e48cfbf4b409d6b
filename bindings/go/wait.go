package ralphlock

// #include <fcntl.h>
// #include <poll.h>
// #include <ralph_lock.h>
//
// static int duplicate(int fd)
// {
//     return fcntl(fd, F_DUPFD_CLOEXEC, 0);
// }
//
// static int is_readable(int fd)
// {
//     struct pollfd entry = { fd, POLLIN, 0 };
//     return poll(&entry, 1, 0) > 0;
// }
import "C"

import (
	"context"
	"os"
	"syscall"
)

// acquire tries once, and then waits in that way until the context ends.
func acquire(ctx context.Context, c *call, wait func(*call) (*Lock, error)) (*Lock, error) {
	// Most locks are free. And what is cancelled after this has been refused: it is right to call that held.
	lock, err := c.try()
	refusal, refused := err.(*HeldError)
	if !refused {
		return lock, err
	}
	if err := c.setTimeout(noTimeout); err != nil {
		return nil, err
	}
	end, err := c.cancelWith(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	lock, err = wait(c)
	if held, ok := err.(*HeldError); ok {
		held.cause = ctx.Err()
		if held.Holder == nil {
			held.Holder = refusal.Holder
		}
	}
	return lock, err
}

// cancelWith lets the context end the call's wait. After end nothing of that is left.
func (c *call) cancelWith(ctx context.Context) (end func(), err error) {
	if ctx.Done() == nil {
		return func() {}, nil
	}
	var token *C.ralph_lock_cancel
	var details *C.ralph_lock_error
	status := C.ralph_lock_cancel_new(&token, &details)
	if err := outcome(status, details); err != nil {
		return nil, err
	}
	status = C.ralph_lock_options_set_cancel(c.options, token)
	if err := outcome(status, nil); err != nil {
		C.ralph_lock_cancel_free(token)
		return nil, err
	}
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-ctx.Done():
			C.ralph_lock_cancel_trigger(token)
		case <-over:
		}
	}()
	return func() {
		close(over)
		<-ended
		C.ralph_lock_cancel_free(token)
	}, nil
}

// waitInPoller leaves the waiting to Go's poller: no thread is held.
func (c *call) waitInPoller() (*Lock, error) {
	waiter, err := c.newWaiter()
	if failed, ok := err.(*Error); ok && failed.Status == StatusUnsupportedPlatform {
		return c.waitInThread()
	}
	if err != nil {
		return nil, err
	}
	defer freeWaiter(waiter)
	// A copy, because both the waiter and the file close theirs.
	fd, err := duplicate(uintptr(C.ralph_lock_waiter_fd(waiter)))
	if err != nil {
		return nil, err
	}
	// This is what makes os.NewFile give it to the poller.
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	file := os.NewFile(uintptr(fd), "ralphlock waiter")
	defer file.Close()
	poller, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	var a answer
	if err := poller.Read(func(fd uintptr) bool { return a.step(waiter, fd) }); err != nil {
		return nil, err
	}
	return a.take()
}

func (c *call) newWaiter() (*C.ralph_lock_waiter, error) {
	var waiter *C.ralph_lock_waiter
	var details *C.ralph_lock_error
	status := C.ralph_lock_waiter_new(c.root, c.prompt, c.options, &waiter, &details)
	return waiter, outcome(status, details)
}

func freeWaiter(waiter *C.ralph_lock_waiter) {
	C.ralph_lock_waiter_free(waiter)
}

// Steps take turns, so many at a time. One event can wake every wait for a lock, and each goroutine that is in C has
// a thread, which Go starts when it needs one and never ends.
var turns = make(chan struct{}, 8)

// step looks whether the lock can be had, until the wait is over or there is something to wait for.
func (a *answer) step(waiter *C.ralph_lock_waiter, fd uintptr) (over bool) {
	for {
		*a = answer{}
		turns <- struct{}{}
		a.status = C.ralph_lock_waiter_step(waiter, &a.guard, &a.holder, &a.error)
		<-turns
		if a.status != C.RALPH_LOCK_ALREADY_LOCKED {
			return true
		}
		C.ralph_lock_metadata_free(a.holder)
		C.ralph_lock_error_free(a.error)
		// Go's poller tells when a descriptor becomes readable, not that it still is.
		if C.is_readable(C.int(fd)) == 0 {
			return false
		}
	}
}

// waitInThread is for systems whose waits cannot be polled.
func (c *call) waitInThread() (*Lock, error) {
	for {
		lock, err := c.acquire()
		// Go's own signals end a wait too.
		if failed, ok := err.(*Error); !ok || failed.Status != StatusInterrupted {
			return lock, err
		}
	}
}

// duplicate copies a descriptor; no child inherits the copy.
func duplicate(fd uintptr) (int, error) {
	copied, err := C.duplicate(C.int(fd))
	if copied < 0 {
		return -1, os.NewSyscallError("fcntl", err)
	}
	return int(copied), nil
}
