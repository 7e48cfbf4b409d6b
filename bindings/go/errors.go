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

// Below 100 are outcomes that a correct program meets every day; from 100 on are failures. A later version of the
// library may add values. Not all are seen here: success is a nil error, and StatusAlreadyLocked and StatusTimedOut
// are a [*HeldError]; so is StatusCancelled, except for a wait on a file system that did not answer.
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

// An Error is a call that failed. That another process holds the lock is none: see [HeldError].
//
// errors.Is finds in it
//
//   - the Status
//   - the Errno, and with it [fs.ErrNotExist] or [fs.ErrPermission]
//   - [syscall.EINVAL] and [fs.ErrInvalid] for [StatusInvalidArgument]
//   - [fs.ErrClosed], which is [os.ErrClosed], for a [Lock] that was released before, is nil or the zero value
//   - the context's error for a wait that ended while the file system did not answer
type Error struct {
	Status  Status
	Errno   syscall.Errno // 0 where no system call failed
	Path    string        // of the file that it is about, or ""
	Message string        // one line that names the file and says what to do, safe to print
	cause   error
}

func (e *Error) Error() string {
	return e.Message
}

// Unwrap gives the Errno or, where there is none, the context's error.
func (e *Error) Unwrap() error {
	if e.Errno == 0 {
		return e.cause
	}
	return e.Errno
}

// Is tells errors.Is what an error is apart from its Errno.
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

// A HeldError says that another process, or another [Lock] of this one, holds the lock, which is no failure.
//
// After a wait it wraps the context's error, so errors.Is finds [context.DeadlineExceeded] too.
type HeldError struct {
	Holder  *Holder // nil when that is not known: flock(1), for instance, leaves no record
	Path    string  // of the lock file
	Message string  // what the library says
	cause   error
}

// Error says which process holds the lock, since when, and what it is doing, in one line that is safe to print. See
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

// invalid is what the library would say of an argument that cannot be passed to it.
func invalid(message string) error {
	return &Error{Status: StatusInvalidArgument, Message: message}
}

// narrow refuses a number that C has no place for, instead of cutting it to another one.
func narrow(name string, number int64) (int32, error) {
	if number < math.MinInt32 || number > math.MaxInt32 {
		return 0, invalid(fmt.Sprintf("the %s %d does not fit into 32 bits", name, number))
	}
	return int32(number), nil
}

// unanswered is the end of a wait of which not even the first try has come back.
func unanswered(path string, cause error) error {
	return &Error{
		Status:  StatusCancelled,
		Path:    path,
		Message: fmt.Sprintf("%q: the file system has not answered: %v", path, cause),
		cause:   cause,
	}
}
