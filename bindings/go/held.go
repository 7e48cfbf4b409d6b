//go:build cgo

package ralphlock

import (
	"os"
	"path"
	"sync"
)

// The locks that this process holds. The map also keeps the collector from a Lock that the program has forgotten.
var (
	heldMutex sync.Mutex
	heldLocks = map[*held]*Lock{}
)

// Held returns the lock of a workspace that this process holds already, or nil. Options choose the lock file, as for
// [TryAcquire]. It is for code that runs again without its variables, such as a cell of a notebook:
//
//	lock, err := ralphlock.TryAcquire(".", "train the model")
//	if mine := ralphlock.Held("."); err != nil && mine != nil {
//		lock, err = mine, nil
//	}
//
// The root may be spelled differently than when the lock was taken. Whether two goroutines may share the lock is the
// program's decision.
func Held(root string, opts ...Option) *Lock {
	chosen, err := settle(opts)
	if err != nil {
		return nil
	}
	workspace, err := os.Stat(root)
	if err != nil {
		return nil
	}
	heldMutex.Lock()
	defer heldMutex.Unlock()
	for h, lock := range heldLocks {
		if h.lockFile == chosen.file() && os.SameFile(h.root, workspace) {
			return lock
		}
	}
	return nil
}

func (l *Lock) remember() {
	heldMutex.Lock()
	defer heldMutex.Unlock()
	heldLocks[l.held] = l
}

func (l *Lock) forget() {
	heldMutex.Lock()
	defer heldMutex.Unlock()
	delete(heldLocks, l.held)
}

// file returns the chosen lock file, in one spelling.
func (s *settings) file() string {
	if s.lockFile == nil {
		return LockFile
	}
	return path.Clean(*s.lockFile)
}

// Files that hold a handed-over lock. The collector would close one that the program has forgotten.
var (
	handedMutex sync.Mutex
	handedFiles = map[*os.File]struct{}{}
)

// keepFile keeps a file from the collector until it is closed.
func keepFile(file *os.File) {
	handedMutex.Lock()
	defer handedMutex.Unlock()
	for other := range handedFiles {
		if isClosed(other) {
			delete(handedFiles, other)
		}
	}
	handedFiles[file] = struct{}{}
}

func isClosed(file *os.File) bool {
	connection, err := file.SyscallConn()
	return err != nil || connection.Control(func(uintptr) {}) != nil
}
