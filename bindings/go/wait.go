package ralphlock

// #include <fcntl.h>
// #include <poll.h>
// #include <ralph_lock.h>
//
// /* Not one of the standard streams. */
// static int duplicate(int fd)
// {
//     return fcntl(fd, F_DUPFD_CLOEXEC, 3);
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
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// A way to wait for a lock that was refused.
type way func(c *call, giveUp <-chan struct{}) (*Lock, error)

type result struct {
	lock *Lock
	err  error
}

// grace is the time for a call to notice that its context has ended, before it is abandoned.
const grace = 100 * time.Millisecond

// acquire tries once, and then waits in the given way until the context ends. It frees the call.
//
// C may not return while a file system does not answer. So another goroutine calls it; if abandoned, that goroutine
// releases the lock that it gets.
func acquire(ctx context.Context, c *call, wait way) (*Lock, error) {
	results := make(chan result, 1)
	refusals := make(chan HeldError, 1)
	giveUp := make(chan struct{})
	path := filepath.Join(c.name, c.lockFile)
	go func() {
		defer c.free()
		lock, err := c.tryAndWait(ctx, wait, refusals, giveUp)
		results <- result{lock, err}
	}()
	select {
	case r := <-results:
		return r.lock, r.err
	case <-ctx.Done():
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case r := <-results:
		return r.lock, r.err
	case <-timer.C:
	}
	close(giveUp)
	go func() {
		if r := <-results; r.lock != nil {
			r.lock.Release()
		}
	}()
	select {
	case refusal := <-refusals:
		refusal.cause = ctx.Err()
		return nil, &refusal
	default:
		return nil, unanswered(path, ctx.Err())
	}
}

var errGaveUp = errors.New("the caller has gone")

// tryAndWait also reports the refusal of the first try.
func (c *call) tryAndWait(ctx context.Context, wait way, refusals chan<- HeldError, giveUp <-chan struct{}) (*Lock, error) {
	c.ctx = ctx
	c.refusals = refusals
	// Most locks are free, so a try comes first; after it was refused, "held" is the right answer when the context ends.
	// While other goroutines wait there is none: it would overtake them.
	if waits.Load() == 0 {
		lock, err := c.try(giveUp)
		refusal, refused := err.(*HeldError)
		if !refused {
			return lock, err
		}
		c.refuse(refusal)
	}
	if err := c.setTimeout(noTimeout); err != nil {
		return nil, err
	}
	waits.Add(1)
	defer waits.Add(-1)
	lock, err := wait(c, giveUp)
	if held, ok := err.(*HeldError); ok {
		held.cause = ctx.Err()
		if held.Holder == nil {
			held.Holder, held.Message = c.last.Holder, c.last.Message
		}
	}
	return lock, err
}

// refuse stores a refusal, and reports the first one.
func (c *call) refuse(held *HeldError) {
	c.last = *held
	select {
	case c.refusals <- *held:
	default:
	}
}

// waits counts the goroutines that wait, for any lock.
var waits atomic.Int64

// whenDone calls a function once the call's context ends. After end it has returned, or is never called.
func (c *call) whenDone(do func()) (end func()) {
	if c.ctx.Done() == nil {
		return func() {}
	}
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-c.ctx.Done():
			do()
		case <-over:
		}
	}()
	return func() {
		close(over)
		<-ended
	}
}

// waitInPoller waits in Go's poller, without a thread.
func (c *call) waitInPoller(giveUp <-chan struct{}) (*Lock, error) {
	// Elsewhere the descriptor is a kqueue. Go's poller waits for each descriptor to be writable too, which a kqueue
	// refuses.
	if runtime.GOOS != "linux" {
		return c.waitInThread(giveUp)
	}
	var waiter *C.ralph_lock_waiter
	var err error
	if !inTurn(c.name, giveUp, func() { waiter, err = c.newWaiter() }) {
		return nil, errGaveUp
	}
	if failed, ok := err.(*Error); ok && failed.Status == StatusUnsupportedPlatform {
		return c.waitInThread(giveUp)
	}
	if err != nil {
		return nil, err
	}
	defer inTurn(c.name, nil, func() { freeWaiter(waiter) })
	// A copy, because both the waiter and the file close theirs.
	fd, err := duplicate(int32(C.ralph_lock_waiter_fd(waiter)))
	if err != nil {
		return nil, err
	}
	// os.NewFile registers only a non-blocking descriptor with the poller.
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
	if !a.step(c, giveUp, waiter, int32(fd)) {
		// This ends the wait without another descriptor.
		end := c.whenDone(func() { file.SetReadDeadline(time.Unix(1, 0)) })
		err = poller.Read(func(fd uintptr) bool { return a.step(c, giveUp, waiter, int32(fd)) })
		end()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		held := c.last
		return nil, &held
	}
	if err != nil {
		return nil, err
	}
	return a.take(c)
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

// step tries for the lock, until the wait is over or only an event can help.
func (a *answer) step(c *call, giveUp <-chan struct{}, waiter *C.ralph_lock_waiter, fd int32) (over bool) {
	for {
		*a = answer{status: C.RALPH_LOCK_CANCELLED}
		inTurn(c.name, giveUp, func() {
			a.status = C.ralph_lock_waiter_step(waiter, &a.guard, &a.holder, &a.error)
		})
		if a.status != C.RALPH_LOCK_ALREADY_LOCKED {
			return true
		}
		if held, ok := a.failure().(*HeldError); ok {
			c.refuse(held)
		}
		// Go's poller reports that a descriptor becomes readable, not that it still is.
		if C.is_readable(C.int(fd)) == 0 {
			return false
		}
	}
}

// waitInThread waits on systems whose waits cannot be polled.
func (c *call) waitInThread(<-chan struct{}) (*Lock, error) {
	var token *C.ralph_lock_cancel
	var details *C.ralph_lock_error
	status := C.ralph_lock_cancel_new(&token, &details)
	if err := outcome(status, details); err != nil {
		return nil, err
	}
	defer C.ralph_lock_cancel_free(token)
	status = C.ralph_lock_options_set_cancel(c.options, token)
	if err := outcome(status, nil); err != nil {
		return nil, err
	}
	defer c.whenDone(func() { C.ralph_lock_cancel_trigger(token) })()
	for {
		lock, err := c.acquire()
		// The Go runtime's signals end a wait too.
		if failed, ok := err.(*Error); !ok || failed.Status != StatusInterrupted {
			return lock, err
		}
	}
}

// duplicate copies a descriptor; no child inherits the copy.
func duplicate(fd int32) (int, error) {
	copied, err := C.duplicate(C.int(fd))
	if copied < 0 {
		return -1, os.NewSyscallError("fcntl", err)
	}
	return int(copied), nil
}
