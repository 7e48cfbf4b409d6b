package ralphlock

// #include <stdlib.h>
// #include <ralph_lock.h>
import "C"

import (
	"context"
	"fmt"
	"os"
	"strings"
	"unsafe"
)

// An Option chooses the lock of the workspace that a function uses.
type Option func(*settings)

type settings struct {
	lockFile *string
}

// WithLockFile chooses another file of the workspace instead of [LockFile]: a path below the workspace root, for
// instance "build/deploy.lock". Functions that take the lock create missing directories. Absolute paths and ".." are
// refused.
//
// Use the file only for locking: its text is replaced. One with text that is not a lock file's is refused and left
// untouched.
func WithLockFile(path string) Option {
	return func(s *settings) { s.lockFile = &path }
}

func settle(opts []Option) (*settings, error) {
	chosen := &settings{}
	for _, option := range opts {
		if option == nil {
			return nil, invalid("an option is nil")
		}
		option(chosen)
	}
	return chosen, nil
}

// A call holds the arguments of a C function.
type call struct {
	name         string // the root as passed from Go
	root, prompt *C.char
	options      *C.ralph_lock_options
	lockFile     string
	texts        []unsafe.Pointer

	// For a call that waits: what ends it, the last refusal, and where the first one is reported.
	ctx      context.Context
	last     HeldError
	refusals chan<- HeldError
}

// newCall makes a call. The caller frees it, after an error too.
func newCall(root, prompt string, opts []Option) (*call, error) {
	c := &call{name: root, options: C.ralph_lock_options_new()}
	if c.options == nil {
		return c, &Error{Status: StatusInvalidHandle, Message: "too many objects of the library are in use"}
	}
	var err error
	if c.root, err = c.text("workspace root", root); err != nil {
		return c, err
	}
	if c.prompt, err = c.text("prompt", prompt); err != nil {
		return c, err
	}
	chosen, err := settle(opts)
	if err != nil {
		return c, err
	}
	c.lockFile = chosen.file()
	if chosen.lockFile == nil {
		return c, nil
	}
	name, err := c.text("lock file", *chosen.lockFile)
	if err != nil {
		return c, err
	}
	if status := C.ralph_lock_options_set_lock_file(c.options, name); status != C.RALPH_LOCK_OK {
		return c, invalid(fmt.Sprintf("the lock file %q is not the path of a file below the workspace root", *chosen.lockFile))
	}
	return c, nil
}

// text makes a C string that lives as long as the call.
func (c *call) text(name, text string) (*C.char, error) {
	copied, err := cString(name, text)
	c.texts = append(c.texts, unsafe.Pointer(copied))
	return copied, err
}

func (c *call) free() {
	for _, text := range c.texts {
		C.free(text)
	}
	C.ralph_lock_options_free(c.options)
}

// setTimeout limits the wait; noTimeout is none.
func (c *call) setTimeout(milliseconds C.uint64_t) error {
	return outcome(C.ralph_lock_options_set_timeout_ms(c.options, milliseconds), nil)
}

const noTimeout = C.UINT64_MAX

// try acquires without waiting for the lock.
func (c *call) try(giveUp <-chan struct{}) (lock *Lock, err error) {
	if err := c.setTimeout(0); err != nil {
		return nil, err
	}
	if !inTurn(c.name, giveUp, func() { lock, err = c.acquire() }) {
		return nil, errGaveUp
	}
	return lock, err
}

func (c *call) acquire() (*Lock, error) {
	var a answer
	a.status = C.ralph_lock_acquire_with(c.root, c.prompt, c.options, &a.guard, &a.holder, &a.error)
	return a.take(c)
}

// An answer holds the results of a C function that takes the lock.
type answer struct {
	status C.ralph_lock_status
	guard  *C.ralph_lock_guard
	holder *C.ralph_lock_metadata
	error  *C.ralph_lock_error
}

// take converts the results to Go and frees the rest.
func (a *answer) take(c *call) (*Lock, error) {
	if err := a.failure(); err != nil {
		return nil, err
	}
	// Stat fails only if the workspace was removed in this instant; then no caller can ask for its lock.
	root, _ := os.Stat(c.name)
	path := C.GoString(C.ralph_lock_guard_path(a.guard))
	lock := &Lock{held: &held{guard: a.guard, path: path, lockFile: c.lockFile, root: root}}
	lock.remember()
	return lock, nil
}

// failure frees the holder and the error, and makes an error of them unless the call succeeded.
func (a *answer) failure() error {
	holder, err := takeHolder(a.holder), outcome(a.status, a.error)
	switch a.status {
	case C.RALPH_LOCK_ALREADY_LOCKED, C.RALPH_LOCK_CANCELLED:
		failed := err.(*Error)
		return &HeldError{Holder: holder, Path: failed.Path, Message: failed.Message}
	}
	return err
}

// cString makes a C string, which cannot contain a NUL byte. The caller frees it.
func cString(name, text string) (*C.char, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return nil, invalid("the " + name + " contains a NUL byte")
	}
	return C.CString(text), nil
}
