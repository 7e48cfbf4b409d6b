package ralphlock

// #include <ralph_lock.h>
import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// A Lock is a held lock. It ends with [Lock.Release] or [Lock.IntoFile]; what is asked of it after that is answered
// with an error in which errors.Is finds [os.ErrClosed].
//
// A Lock that nobody can reach any more is released by the garbage collector. That is a net for accidents alone: it
// happens at any time or never. (And a lock that only the caller's variable keeps is in danger: Go lets go of a
// variable after its last use. Defer the Release.)
type Lock struct {
	// A name that the library looks up and never uses twice. So Release need not change it, and goroutines that
	// race for it need no mutex here.
	guard *C.ralph_lock_guard
	path  string
}

func newLock(guard *C.ralph_lock_guard) *Lock {
	lock := &Lock{guard: guard, path: C.GoString(C.ralph_lock_guard_path(guard))}
	runtime.SetFinalizer(lock, func(lock *Lock) { C.ralph_lock_release(lock.guard) })
	return lock
}

// Path is the path of the lock file: the workspace root as it was given, and [LockFile].
func (l *Lock) Path() string {
	return l.path
}

// Release gives the lock up. Of goroutines that do so at a time, one does it, and the others get an error. With
// [StatusIO] the lock is given up, but the next holder finds the record of this one.
func (l *Lock) Release() error {
	status, errno := C.ralph_lock_release(l.guard)
	runtime.SetFinalizer(l, nil)
	if status == C.RALPH_LOCK_OK {
		return nil
	}
	err := &Error{Status: Status(status), Path: l.path, Message: Status(status).Error()}
	if status == C.RALPH_LOCK_IO {
		errors.As(errno, &err.Errno)
		err.Message = fmt.Sprintf("cannot end the record in %s: %v", l.path, errno)
	}
	return l.explain(err)
}

// Verify tells whether the path still leads to the file that is locked. After rm -rf .ralph or git clean -fdx it
// does not: then the lock is one that nobody sees, and another process can take that of a new file. A
// long-running holder asks from time to time and stops its work on [StatusLost]; the lock is still to be released.
// On a file system of other machines it also asks whether the lock is still held there, which can take 3 s.
func (l *Lock) Verify() error {
	defer runtime.KeepAlive(l)
	var details *C.ralph_lock_error
	status := C.ralph_lock_guard_verify(l.guard, &details)
	return l.explain(outcome(status, details))
}

// Previous is who was on record when the lock was taken: a holder that died, or a program that never takes its
// record out, like ralph-core. It is nil when the last holder ended well, there was none, or the lock was adopted.
func (l *Lock) Previous() (*Holder, error) {
	defer runtime.KeepAlive(l)
	var metadata *C.ralph_lock_metadata
	var details *C.ralph_lock_error
	status := C.ralph_lock_guard_previous(l.guard, &metadata, &details)
	holder, err := takeHolder(metadata), outcome(status, details)
	if status == C.RALPH_LOCK_NOT_FOUND {
		return nil, nil
	}
	return holder, l.explain(err)
}

// IntoFile turns the lock into a file, for a child process that is to go on with it:
//
//	file, err := lock.IntoFile()
//	// ...
//	command.ExtraFiles = []*os.File{file}
//	err = command.Start()
//	file.Close()
//
// The Lock ends, but what it held is held as long as any copy of the file is open, in any process, and the record
// still names this one, until somebody calls [Adopt]. Close the file once the child has it: as long as it is open
// here, the lock is not free when the child dies. No other child inherits it. After an error the Lock is as it was.
func (l *Lock) IntoFile() (*os.File, error) {
	var details *C.ralph_lock_error
	fd := C.int32_t(-1)
	// C gives a descriptor that any exec leaves open, and another goroutine may be about to start a program.
	syscall.ForkLock.RLock()
	status := C.ralph_lock_guard_into_fd(l.guard, &fd, &details)
	if status == C.RALPH_LOCK_OK {
		syscall.CloseOnExec(int(fd))
	}
	syscall.ForkLock.RUnlock()
	if err := outcome(status, details); err != nil {
		runtime.KeepAlive(l)
		return nil, l.explain(err)
	}
	runtime.SetFinalizer(l, nil)
	return os.NewFile(uintptr(fd), l.path), nil
}

// explain says which lock it was that had ended before.
func (l *Lock) explain(err error) error {
	if failed, ok := err.(*Error); ok && failed.Status == StatusInvalidHandle {
		failed.Path, failed.Message = l.path, "the lock of "+l.path+" was released or handed over before"
	}
	return err
}
