package ralphlock

// #include <stdlib.h>
// #include <ralph_lock.h>
import "C"

import (
	"syscall"
	"unsafe"
)

// State is whether a lock is held, and what its file says.
type State int32

const (
	StateFree  State = C.RALPH_LOCK_STATE_FREE  // nobody holds the lock
	StateHeld  State = C.RALPH_LOCK_STATE_HELD  // somebody holds it
	StateStale State = C.RALPH_LOCK_STATE_STALE // nobody holds it, but the last holder's record is still there: it died, or was ralph-core
)

func (s State) String() string {
	switch s {
	case StateFree:
		return "free"
	case StateHeld:
		return "held"
	case StateStale:
		return "stale"
	}
	return "unknown"
}

// Filesystem is what a lock is worth on a file system. A later version of the library may add values: take those
// that you do not know for FilesystemUnknown.
type Filesystem int32

const (
	FilesystemUnknown     Filesystem = C.RALPH_LOCK_FILESYSTEM_UNKNOWN     // locks hold among all who use this mount, and perhaps not beyond it
	FilesystemLocal       Filesystem = C.RALPH_LOCK_FILESYSTEM_LOCAL       // locks hold among all processes of this machine, whose own it is
	FilesystemDistributed Filesystem = C.RALPH_LOCK_FILESYSTEM_DISTRIBUTED // other machines' locks and ours go to one place
	FilesystemNoLocks     Filesystem = C.RALPH_LOCK_FILESYSTEM_NO_LOCKS    // it refuses locks, or two can have an exclusive one at a time
)

func (f Filesystem) String() string {
	switch f {
	case FilesystemLocal:
		return "local"
	case FilesystemDistributed:
		return "distributed"
	case FilesystemNoLocks:
		return "no_locks"
	}
	return "unknown"
}

// Inspect tells whether the workspace's lock is held, and gives the record that belongs to that answer: of the
// holder (nil when it left none, as flock(1) does), of the last one when it is [StateStale], else nil. By the time
// the caller looks at it, it may be over: to act on it, acquire instead.
func Inspect(root string) (State, *Holder, error) {
	var state C.ralph_lock_state
	var metadata *C.ralph_lock_metadata
	err := ask(root, func(root *C.char, details **C.ralph_lock_error) C.ralph_lock_status {
		return C.ralph_lock_inspect(root, &state, &metadata, details)
	})
	return State(state), takeHolder(metadata), err
}

// ReadExisting gives who is on record in the workspace's lock file, without touching the lock. A record alone does
// not say that the lock is held. Without a lock file, or a record in it, the error is one of [StatusNotFound].
func ReadExisting(root string) (*Holder, error) {
	var metadata *C.ralph_lock_metadata
	err := ask(root, func(root *C.char, details **C.ralph_lock_error) C.ralph_lock_status {
		return C.ralph_lock_read_existing(root, &metadata, details)
	})
	return takeHolder(metadata), err
}

// IsLocked tells whether somebody holds the workspace's lock at this moment, this process included.
func IsLocked(root string) (bool, error) {
	var locked C.bool
	err := ask(root, func(root *C.char, details **C.ralph_lock_error) C.ralph_lock_status {
		return C.ralph_lock_is_locked(root, &locked, details)
	})
	return bool(locked), err
}

// SignalHolder sends a signal to the process that holds the workspace's lock, and to no other; signal 0 sends none
// and tells whether one could be sent. The error is one of [StatusNotFound] when nobody holds the lock, of
// [StatusParse] when the holder left no record, and of [StatusNotLive] when the process on record is not provably
// the one that holds it.
func SignalHolder(root string, signal syscall.Signal) error {
	return ask(root, func(root *C.char, details **C.ralph_lock_error) C.ralph_lock_status {
		return C.ralph_lock_signal_holder(root, C.int32_t(signal), details)
	})
}

// FindKeepers finds the processes that keep the workspace's lock: the holder, or those that inherited its
// descriptor, like a server that was started under the lock. Best effort: other users' processes and those of other
// pid namespaces are not seen. It takes milliseconds, or tenths of a second on a busy machine.
func FindKeepers(root string) ([]int, error) {
	for room := 64; ; {
		pids := make([]C.uint32_t, room)
		var count C.size_t
		err := ask(root, func(root *C.char, details **C.ralph_lock_error) C.ralph_lock_status {
			return C.ralph_lock_find_keepers(root, &pids[0], C.size_t(room), &count, details)
		})
		if err == nil && int(count) > room {
			room = int(count)
			continue
		}
		var keepers []int
		for _, pid := range pids[:count] {
			keepers = append(keepers, int(pid))
		}
		return keepers, err
	}
}

// ProbeFilesystem finds out what a lock is worth on the workspace's file system, before a program relies on it. It
// tries, and leaves nothing behind.
func ProbeFilesystem(root string) (Filesystem, error) {
	var verdict C.ralph_lock_filesystem
	err := ask(root, func(root *C.char, details **C.ralph_lock_error) C.ralph_lock_status {
		return C.ralph_lock_probe_filesystem(root, &verdict, details)
	})
	return Filesystem(verdict), err
}

// ask calls a function that wants to know about a workspace.
func ask(root string, function func(*C.char, **C.ralph_lock_error) C.ralph_lock_status) error {
	text, err := cString("workspace root", root)
	if err != nil {
		return err
	}
	defer C.free(unsafe.Pointer(text))
	var details *C.ralph_lock_error
	status := function(text, &details)
	return outcome(status, details)
}
