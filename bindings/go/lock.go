package ralphlock

// #include <ralph_lock.h>
import "C"

import (
	"fmt"
	"os"
	"syscall"
)

// A Lock is a held lock. It ends with [Lock.Release], with [Lock.IntoFile], or with the process. After that its methods
// return an error in which errors.Is finds [os.ErrClosed]; so do those of a nil Lock and of the zero value.
//
// The garbage collector never releases a lock. A forgotten lock stays held until the process ends, and [Held] finds it.
// Defer the Release.
//
// Do not copy a Lock; go vet reports copies. A copy is the same lock: one Release ends both.
type Lock struct {
	_ noCopy
	*held
}

type held struct {
	// A name that the library looks up and never reuses. So Release need not change it, and racing goroutines need no
	// mutex here.
	guard    *C.ralph_lock_guard
	path     string
	lockFile string
	root     os.FileInfo
}

// noCopy is for go vet: its check "copylocks" treats it as a mutex.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// alive returns the lock that a method uses, or an error if the Lock is nil or the zero value.
func (l *Lock) alive() (*held, error) {
	if l == nil || l.held == nil {
		return nil, &Error{Status: StatusInvalidHandle, Message: "this Lock is nil or the zero value: no function has returned it"}
	}
	return l.held, nil
}

// Path returns the path of the lock file: the workspace root as given, and [LockFile] or the file that [WithLockFile]
// named. It returns "" for a nil Lock and for the zero value.
func (l *Lock) Path() string {
	h, err := l.alive()
	if err != nil {
		return ""
	}
	return h.path
}

// Release releases the lock. If several goroutines call it, one call releases, and the others return an error. The error
// has
//
//   - [StatusIO] if the lock is released, but the next holder finds this one's record
//   - [StatusLost] if the lock was lost before
func (l *Lock) Release() error {
	h, err := l.alive()
	if err != nil {
		return err
	}
	l.forget()
	status, errno := C.ralph_lock_release(h.guard)
	if status == C.RALPH_LOCK_OK {
		return nil
	}
	failed := &Error{Status: Status(status), Path: h.path, Message: fmt.Sprintf("%s: %v", h.path, Status(status))}
	if number, ok := errno.(syscall.Errno); ok && status == C.RALPH_LOCK_IO {
		failed.Errno = number
		failed.Message = fmt.Sprintf("cannot clear the record in %s: %v", h.path, errno)
	}
	return h.explain(failed)
}

// Verify checks that the path still leads to the locked file. Call it before work is committed. After rm -rf .ralph
// or git clean -fdx the error has [StatusLost]. Until [Lock.Restore] a program that knows only the file can lock a
// new one; other callers of this library are still refused. A lost lock must still be released.
//
// On a shared file system it also checks that the lock is still held there, which can take 3 s.
func (l *Lock) Verify() error {
	h, err := l.alive()
	if err != nil {
		return err
	}
	var details *C.ralph_lock_error
	status := C.ralph_lock_guard_verify(h.guard, &details)
	return h.explain(outcome(status, details))
}

// Restore puts the lock file back after it was removed or replaced, and does nothing if it is in place. Call it
// once the removal has ended: a file that appears while rm -rf is at work makes that fail.
//
// The error is a [*HeldError] if a program that knows only the file, such as flock(1), has locked a new one, and has
// [StatusLost] if the workspace itself was removed or moved. The Lock then does not change.
func (l *Lock) Restore() error {
	h, err := l.alive()
	if err != nil {
		return err
	}
	var a answer
	a.status = C.ralph_lock_guard_restore(h.guard, &a.holder, &a.error)
	return h.explain(a.failure())
}

// Previous returns the record of the last holder if that did not release the lock: it died, or is a program that leaves
// its record behind, like ralph-core. It returns nil if the last holder released the lock, there was none, or the lock
// was adopted.
func (l *Lock) Previous() (*Holder, error) {
	h, err := l.alive()
	if err != nil {
		return nil, err
	}
	var metadata *C.ralph_lock_metadata
	var details *C.ralph_lock_error
	status := C.ralph_lock_guard_previous(h.guard, &metadata, &details)
	holder, err := takeHolder(metadata), outcome(status, details)
	if status == C.RALPH_LOCK_NOT_FOUND {
		return nil, nil
	}
	return holder, h.explain(err)
}

// IntoFile turns the lock into a file, for a child process that continues with it:
//
//	file, err := lock.IntoFile()
//	// ...
//	command.ExtraFiles = []*os.File{file}
//	err = command.Start()
//	file.Close()
//
// The Lock ends, but the kernel's lock is held while any copy of the file is open, in any process. The record names this
// process until another one calls [Adopt]. Close the file once the child has it: while it is open here, the lock is not
// free when the child dies. The garbage collector does not close it. No other child inherits it. On error the Lock does
// not change.
func (l *Lock) IntoFile() (*os.File, error) {
	h, err := l.alive()
	if err != nil {
		return nil, err
	}
	var details *C.ralph_lock_error
	fd := C.int32_t(-1)
	// The descriptor from C survives exec, and another goroutine may be about to start a program.
	syscall.ForkLock.RLock()
	status := C.ralph_lock_guard_into_fd(h.guard, &fd, &details)
	if status == C.RALPH_LOCK_OK {
		syscall.CloseOnExec(int(fd))
	}
	syscall.ForkLock.RUnlock()
	if err := outcome(status, details); err != nil {
		return nil, h.explain(err)
	}
	l.forget()
	file := os.NewFile(uintptr(fd), h.path)
	keepFile(file)
	return file, nil
}

// explain makes an error about a dead handle name the lock.
func (h *held) explain(err error) error {
	if failed, ok := err.(*Error); ok && failed.Status == StatusInvalidHandle {
		failed.Path, failed.Message = h.path, "the lock of "+h.path+" was released or handed over before"
	}
	return err
}
