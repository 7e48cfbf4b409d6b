package ralphlock

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
)

// adopt continues with the lock that its parent holds.
func adopt(root string) error {
	lock, err := Adopt(root, "the heir's work", os.NewFile(3, "lock"))
	if err != nil {
		return err
	}
	fmt.Println("adopted")
	told()
	return lock.Release()
}

func TestChildAdopts(t *testing.T) {
	root := t.TempDir()
	lock := mustTry(t, root)
	file, err := lock.IntoFile()
	must(t, err)
	mustFail(t, lock.Release(), os.ErrClosed)
	flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, file.Fd(), syscall.F_GETFD, 0)
	mustEqual(t, "closed by an exec", flags, uintptr(syscall.FD_CLOEXEC))

	heir := start(t, "adopt", root, file)
	must(t, file.Close())
	heir.expect("adopted")
	_, err = TryAcquire(root, "refused")
	holder := mustBeHeld(t, err).Holder
	mustEqual(t, "pid", holder.PID, heir.Process.Pid)
	mustEqual(t, "prompt", holder.Prompt, "the heir's work")
	heir.end()
	must(t, mustTry(t, root).Release())
}

func TestLockCanBeTakenBack(t *testing.T) {
	root := t.TempDir()
	lock := mustTry(t, root)
	descriptors := entries(t, "/proc/self/fd")
	file, err := lock.IntoFile()
	must(t, err)
	elsewhere := t.TempDir()

	// On failure the file stays the caller's, with its lock.
	_, err = Adopt(elsewhere, "another workspace", file)
	mustFail(t, err, StatusInvalidArgument)
	_, err = TryAcquire(root, "refused")
	mustBeHeld(t, err)

	lock, err = Adopt(root, "taken back", file)
	must(t, err)
	mustEqual(t, "descriptors", entries(t, "/proc/self/fd"), descriptors)
	if err := file.Close(); !errors.Is(err, os.ErrClosed) {
		t.Fatal(err)
	}
	_, err = TryAcquire(root, "refused")
	mustEqual(t, "prompt", mustBeHeld(t, err).Holder.Prompt, "taken back")
	must(t, lock.Release())
}

func TestAdoptNeedsAnOpenFile(t *testing.T) {
	file, err := mustTry(t, t.TempDir()).IntoFile()
	must(t, err)
	must(t, file.Close())
	_, err = Adopt(t.TempDir(), "closed", file)
	mustFail(t, err, os.ErrClosed)
	// Another process has the lock.
	root := t.TempDir()
	lock := mustTry(t, root)
	file, err = os.OpenFile(lock.Path(), os.O_RDWR, 0)
	must(t, err)
	_, err = Adopt(root, "second", file)
	mustBeHeld(t, err)
	must(t, file.Close())
	must(t, lock.Release())
}
