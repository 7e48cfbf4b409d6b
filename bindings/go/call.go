package ralphlock

// #include <stdlib.h>
// #include <ralph_lock.h>
import "C"

import (
	"fmt"
	"strings"
	"unsafe"
)

// An Option changes how a lock is acquired or adopted.
type Option func(*call) error

// WithLockFile locks another file of the workspace instead of [LockFile]: a path below the workspace root, for
// instance "build/deploy.lock", whose missing directories are made. Absolute paths and ".." are refused. The
// file must be for locking alone: its text is replaced.
func WithLockFile(path string) Option {
	return func(c *call) error {
		name, err := c.text("lock file", path)
		if err != nil {
			return err
		}
		if status := C.ralph_lock_options_set_lock_file(c.options, name); status != C.RALPH_LOCK_OK {
			return invalid(fmt.Sprintf("the lock file %q is no path below the workspace root", path))
		}
		return nil
	}
}

// A call is what the functions that acquire are given, as C wants it.
type call struct {
	root, prompt *C.char
	options      *C.ralph_lock_options
	texts        []unsafe.Pointer
}

// newCall makes a call, which is to be freed also after an error.
func newCall(root, prompt string, opts []Option) (*call, error) {
	c := &call{options: C.ralph_lock_options_new()}
	var err error
	if c.root, err = c.text("workspace root", root); err != nil {
		return c, err
	}
	if c.prompt, err = c.text("prompt", prompt); err != nil {
		return c, err
	}
	for _, option := range opts {
		if err := option(c); err != nil {
			return c, err
		}
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

// try acquires without waiting.
func (c *call) try() (*Lock, error) {
	if err := c.setTimeout(0); err != nil {
		return nil, err
	}
	return c.acquire()
}

func (c *call) acquire() (*Lock, error) {
	var a answer
	a.status = C.ralph_lock_acquire_with(c.root, c.prompt, c.options, &a.guard, &a.holder, &a.error)
	return a.take()
}

// An answer is what C gives to one who acquires.
type answer struct {
	status C.ralph_lock_status
	guard  *C.ralph_lock_guard
	holder *C.ralph_lock_metadata
	error  *C.ralph_lock_error
}

// take makes Go's own of it and frees the rest.
func (a *answer) take() (*Lock, error) {
	holder, err := takeHolder(a.holder), outcome(a.status, a.error)
	switch a.status {
	case C.RALPH_LOCK_OK:
		return newLock(a.guard), nil
	case C.RALPH_LOCK_ALREADY_LOCKED, C.RALPH_LOCK_CANCELLED:
		failed := err.(*Error)
		return nil, &HeldError{Holder: holder, Path: failed.Path, Message: failed.Message}
	}
	return nil, err
}

// cString makes a C string, which has no place for a NUL byte. It is to be freed.
func cString(name, text string) (*C.char, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return nil, invalid("the " + name + " contains a NUL byte")
	}
	return C.CString(text), nil
}
