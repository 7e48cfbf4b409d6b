package ralphlock

// #include <ralph_lock.h>
import "C"

import (
	"syscall"
	"unsafe"
)

// State says whether a lock is held, and whether its file has a record.
type State int32

const (
	StateFree  State = C.RALPH_LOCK_STATE_FREE  // no process holds the lock
	StateHeld  State = C.RALPH_LOCK_STATE_HELD  // a process holds it
	StateStale State = C.RALPH_LOCK_STATE_STALE // no process holds it, but the last holder's record is in the file: that process died, or was ralph-core
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

// Filesystem says what a lock is worth on a file system. A later version of the library may add values: treat unknown
// ones as FilesystemUnknown.
type Filesystem int32

const (
	FilesystemUnknown     Filesystem = C.RALPH_LOCK_FILESYSTEM_UNKNOWN     // locks hold among all processes that use this mount; whether they hold beyond it is unknown
	FilesystemLocal       Filesystem = C.RALPH_LOCK_FILESYSTEM_LOCAL       // it belongs to this machine, and locks hold among all its processes
	FilesystemDistributed Filesystem = C.RALPH_LOCK_FILESYSTEM_DISTRIBUTED // other machines may use it too, and one place grants all locks
	FilesystemNoLocks     Filesystem = C.RALPH_LOCK_FILESYSTEM_NO_LOCKS    // it refuses locks, or may grant the same lock to two processes
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

// FindRoot finds the workspace that a directory belongs to, as an absolute path: the nearest directory at or above
// start that contains .git, as a directory or as the file of a worktree or a submodule. A lock file nearer
// than that counts only while it is held; without any .git, the nearest one counts. The search stops at a mount
// boundary and never returns a sticky directory such as /tmp. "." is the current directory.
//
// The error has [StatusNotFound] if the directory belongs to no workspace.
func FindRoot(start string) (string, error) {
	for room := C.size_t(4096); ; {
		buffer := make([]byte, room)
		var length C.size_t
		err := ask(start, nil, func(c *call, details **C.ralph_lock_error) C.ralph_lock_status {
			return C.ralph_lock_find_root(c.root, (*C.char)(unsafe.Pointer(&buffer[0])), room, &length, details)
		})
		if err != nil && length >= room {
			room = length + 1
			continue
		}
		if err != nil {
			return "", err
		}
		return string(buffer[:length]), nil
	}
}

// Inspect says whether the workspace's lock is held, and returns the record that belongs to that answer: the holder's (nil
// if it left none, as flock(1) does), the last holder's for [StateStale], else nil. The answer may be outdated when the
// caller sees it: to act on it, acquire instead.
func Inspect(root string, opts ...Option) (State, *Holder, error) {
	var state C.ralph_lock_state
	var metadata *C.ralph_lock_metadata
	err := ask(root, opts, func(c *call, details **C.ralph_lock_error) C.ralph_lock_status {
		return C.ralph_lock_inspect_with(c.root, c.options, &state, &metadata, details)
	})
	return State(state), takeHolder(metadata), err
}

// ReadExisting returns the record in the workspace's lock file, without touching the lock. A record alone does not mean
// that the lock is held. Without a lock file, or a record in it, the error has [StatusNotFound].
func ReadExisting(root string) (*Holder, error) {
	var metadata *C.ralph_lock_metadata
	err := ask(root, nil, func(c *call, details **C.ralph_lock_error) C.ralph_lock_status {
		return C.ralph_lock_read_existing(c.root, &metadata, details)
	})
	return takeHolder(metadata), err
}

// IsLocked says whether a process holds the workspace's lock at this moment, this one included.
func IsLocked(root string) (bool, error) {
	var locked C.bool
	err := ask(root, nil, func(c *call, details **C.ralph_lock_error) C.ralph_lock_status {
		return C.ralph_lock_is_locked(c.root, &locked, details)
	})
	return bool(locked), err
}

// SignalHolder sends a signal to the process that holds the workspace's lock, and to no other; signal 0 sends none and only
// checks whether one could be sent. The error has
//
//   - [StatusNotFound] if no process holds the lock
//   - [StatusParse] if the holder left no record
//   - [StatusNotLive] if the process on record is not provably the holder
//
// For a number that is no signal, errors.Is finds [syscall.EINVAL].
func SignalHolder(root string, signal syscall.Signal, opts ...Option) error {
	number, err := narrow("signal", int64(signal))
	if err != nil {
		return err
	}
	return ask(root, opts, func(c *call, details **C.ralph_lock_error) C.ralph_lock_status {
		return C.ralph_lock_signal_holder_with(c.root, c.options, C.int32_t(number), details)
	})
}

// FindKeepers finds the processes that keep the workspace's lock: the holder, or those that inherited its descriptor,
// like a server started under the lock. Processes of other users, and of pid namespaces that are not visible from
// here, are missing. It takes milliseconds, or tenths of a second on a busy machine.
func FindKeepers(root string, opts ...Option) ([]int, error) {
	for room := 64; ; {
		pids := make([]C.uint32_t, room)
		var count C.size_t
		err := ask(root, opts, func(c *call, details **C.ralph_lock_error) C.ralph_lock_status {
			return C.ralph_lock_find_keepers_with(c.root, c.options, &pids[0], C.size_t(room), &count, details)
		})
		if err != nil {
			return nil, err
		}
		if int(count) > room {
			room = int(count)
			continue
		}
		var keepers []int
		for _, pid := range pids[:count] {
			keepers = append(keepers, int(pid))
		}
		return keepers, nil
	}
}

// ProbeFilesystem determines what a lock is worth on the workspace's file system, before a program relies on it. It tries
// two locks, and leaves nothing behind.
func ProbeFilesystem(root string) (Filesystem, error) {
	var verdict C.ralph_lock_filesystem
	err := ask(root, nil, func(c *call, details **C.ralph_lock_error) C.ralph_lock_status {
		return C.ralph_lock_probe_filesystem(c.root, &verdict, details)
	})
	return Filesystem(verdict), err
}

// ask calls a function that asks about a workspace.
func ask(root string, opts []Option, function func(*call, **C.ralph_lock_error) C.ralph_lock_status) error {
	c, err := newCall(root, "", opts)
	defer c.free()
	if err != nil {
		return err
	}
	var details *C.ralph_lock_error
	status := function(c, &details)
	return outcome(status, details)
}
