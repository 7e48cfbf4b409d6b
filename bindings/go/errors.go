package ralphlock

// #include <ralph_lock.h>
import "C"

import (
	"fmt"
	"io/fs"
	"syscall"
)

// A Status says how a call ended. Every [*Error] has one, and errors.Is finds it there:
//
//	errors.Is(lock.Verify(), ralphlock.StatusLost)
type Status int32

// Below 100 are outcomes that a correct program meets every day; from 100 on are failures. A later version of the
// library may add values. Those that no function here returns are named for the sake of completeness: OK is nil,
// and ALREADY_LOCKED, TIMED_OUT and CANCELLED are a [*HeldError].
const (
	StatusOK                    Status = C.RALPH_LOCK_OK
	StatusAlreadyLocked         Status = C.RALPH_LOCK_ALREADY_LOCKED
	StatusNotFound              Status = C.RALPH_LOCK_NOT_FOUND
	StatusTimedOut              Status = C.RALPH_LOCK_TIMED_OUT
	StatusCancelled             Status = C.RALPH_LOCK_CANCELLED
	StatusInterrupted           Status = C.RALPH_LOCK_INTERRUPTED
	StatusLost                  Status = C.RALPH_LOCK_LOST
	StatusNotLive               Status = C.RALPH_LOCK_NOT_LIVE
	StatusInvalidArgument       Status = C.RALPH_LOCK_INVALID_ARGUMENT
	StatusInvalidHandle         Status = C.RALPH_LOCK_INVALID_HANDLE
	StatusIO                    Status = C.RALPH_LOCK_IO
	StatusParse                 Status = C.RALPH_LOCK_PARSE
	StatusUnsupportedPlatform   Status = C.RALPH_LOCK_UNSUPPORTED_PLATFORM
	StatusUnsupportedFilesystem Status = C.RALPH_LOCK_UNSUPPORTED_FILESYSTEM
	StatusPanic                 Status = C.RALPH_LOCK_PANIC
)

// Error is what the status means, in a few words.
func (s Status) Error() string {
	return C.GoString(C.ralph_lock_status_message(C.int32_t(s)))
}

// Name is the status as the C header writes it, for instance "RALPH_LOCK_IO".
func (s Status) Name() string {
	return C.GoString(C.ralph_lock_status_name(C.int32_t(s)))
}

// An Error is a call that failed. That somebody else holds the lock is none: see [HeldError].
//
// errors.Is finds the Status in it, the Errno, with it [fs.ErrNotExist] or [fs.ErrPermission], and [fs.ErrClosed]
// for a [Lock] that was released before.
type Error struct {
	Status  Status
	Errno   syscall.Errno // 0 where no system call failed
	Path    string        // of the file that it is about, or ""
	Message string        // one line that names the file and says what to do
}

func (e *Error) Error() string {
	return e.Message
}

// Unwrap gives the Errno.
func (e *Error) Unwrap() error {
	if e.Errno == 0 {
		return nil
	}
	return e.Errno
}

// Is tells errors.Is what an error is besides its Errno.
func (e *Error) Is(target error) bool {
	return target == e.Status || target == fs.ErrClosed && e.Status == StatusInvalidHandle
}

// A HeldError says that somebody else has the lock, which is no failure.
//
// After a wait it wraps the context's error, so errors.Is finds [context.DeadlineExceeded] too.
type HeldError struct {
	Holder  *Holder // nil when that is not known: flock(1), for instance, leaves no record
	Path    string  // of the lock file
	Message string
	cause   error
}

func (e *HeldError) Error() string {
	if e.cause == nil {
		return e.Message
	}
	text := fmt.Sprintf("%s: %v", e.Message, e.cause)
	if e.Holder != nil {
		text += fmt.Sprintf("; process %d has held it since %s", e.Holder.PID, e.Holder.StartedText)
	}
	return text
}

// Unwrap gives the error of the context that ended the wait, or nil when there was no wait.
func (e *HeldError) Unwrap() error {
	return e.cause
}

// outcome makes an *Error of C's, which it frees, or nil.
func outcome(status C.ralph_lock_status, details *C.ralph_lock_error) error {
	if status == C.RALPH_LOCK_OK {
		return nil
	}
	defer C.ralph_lock_error_free(details)
	err := &Error{Status: Status(status), Message: Status(status).Error()}
	if details != nil {
		err.Errno = syscall.Errno(C.ralph_lock_error_os_code(details))
		err.Path = C.GoString(C.ralph_lock_error_path(details))
		err.Message = C.GoString(C.ralph_lock_error_message(details))
	}
	return err
}

// invalid is what the library would say of such an argument, could it be brought there.
func invalid(message string) error {
	return &Error{Status: StatusInvalidArgument, Message: message}
}
