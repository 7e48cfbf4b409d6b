package ralphlock

// #include <ralph_lock.h>
import "C"

import (
	"fmt"
	"io/fs"
	"math"
	"syscall"
)

// A Status says how a call ended. Every [*Error] has one, and errors.Is finds it there:
//
//	errors.Is(lock.Verify(), ralphlock.StatusLost)
type Status int32

// Values below 100 are ordinary outcomes; values from 100 on are failures. A later version of the library may add
// values. Success is a nil error. StatusAlreadyLocked and StatusTimedOut are a [*HeldError]; so is StatusCancelled,
// except for a wait on a file system that did not answer.
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

// Error returns the meaning of the status in a few words.
func (s Status) Error() string {
	return C.GoString(C.ralph_lock_status_message(C.int32_t(s)))
}

// Name returns the name of the status in the C header, for instance "RALPH_LOCK_IO".
func (s Status) Name() string {
	return C.GoString(C.ralph_lock_status_name(C.int32_t(s)))
}

// An Error is a failed call. A lock that another process holds is not an Error but a [HeldError].
//
// errors.Is finds in it
//
//   - the Status
//   - the Errno, and with it [fs.ErrNotExist] or [fs.ErrPermission]
//   - [syscall.EINVAL] and [fs.ErrInvalid] for [StatusInvalidArgument]
//   - [fs.ErrClosed], which is [os.ErrClosed], for a [Lock] that was released before, is nil or is the zero value
//   - the context's error for a wait that ended while the file system did not answer
type Error struct {
	Status  Status
	Errno   syscall.Errno // 0 where no system call failed
	Path    string        // the file that it is about, or ""
	Message string        // one line that names the file and the remedy, safe to print
	cause   error
}

// Error returns the Message.
func (e *Error) Error() string {
	return e.Message
}

// Unwrap returns the Errno or, if there is none, the context's error.
func (e *Error) Unwrap() error {
	if e.Errno == 0 {
		return e.cause
	}
	return e.Errno
}

// Is reports whether the error matches the target otherwise than by its Errno.
func (e *Error) Is(target error) bool {
	switch target {
	case e.Status:
		return true
	case fs.ErrClosed:
		return e.Status == StatusInvalidHandle
	case syscall.EINVAL, fs.ErrInvalid:
		return e.Status == StatusInvalidArgument
	}
	return false
}

// A HeldError means that another process, or another [Lock] of this one, holds the lock. It is not a failure.
//
// After a wait it wraps the context's error, so errors.Is finds [context.DeadlineExceeded] too.
type HeldError struct {
	Holder  *Holder // nil if unknown: flock(1), for instance, leaves no record
	Path    string  // of the lock file
	Message string  // the library's message
	cause   error
}

// Error says in one line, which is safe to print, which process holds the lock, since when, and what it is doing. See
// [Holder.Summary].
func (e *HeldError) Error() string {
	text := e.Message
	if e.Holder != nil {
		text = e.Path + " is locked by " + e.Holder.Summary()
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap returns the error of the context that ended the wait, or nil if there was no wait.
func (e *HeldError) Unwrap() error {
	return e.cause
}

// outcome makes an *Error of C's error, which it frees, or nil.
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

// invalid is the error for an argument that cannot be passed to the library.
func invalid(message string) error {
	return &Error{Status: StatusInvalidArgument, Message: message}
}

// narrow refuses a number that C would truncate.
func narrow(name string, number int64) (int32, error) {
	if number < math.MinInt32 || number > math.MaxInt32 {
		return 0, invalid(fmt.Sprintf("the %s %d does not fit into 32 bits", name, number))
	}
	return int32(number), nil
}

// unanswered is the error for a wait whose first try has not returned.
func unanswered(path string, cause error) error {
	return &Error{
		Status:  StatusCancelled,
		Path:    path,
		Message: fmt.Sprintf("%q: the file system has not answered: %v", path, cause),
		cause:   cause,
	}
}
