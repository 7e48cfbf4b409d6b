package ralphlock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestRefusalNamesTheChild(t *testing.T) {
	root := t.TempDir()
	before := time.Now()
	child := start(t, "hold", root)
	child.expect("held")
	_, err := TryAcquire(root, "refused")
	held := mustBeHeld(t, err)
	mustEqual(t, "path", held.Path, filepath.Join(root, LockFile))
	holder := held.Holder
	mustEqual(t, "pid", holder.PID, child.Process.Pid)
	mustEqual(t, "prompt", holder.Prompt, "the child's work")
	host, err := os.Hostname()
	must(t, err)
	mustEqual(t, "host", holder.Host, host)
	mustEqual(t, "liveness", holder.Liveness, LivenessLive)
	mustEqual(t, "relation", holder.Relation, RelationOther)
	if holder.Started.Before(before.Add(-time.Second)) || holder.Started.After(time.Now().Add(time.Second)) {
		t.Fatalf("started %v", holder.Started)
	}
	started, err := time.Parse(time.RFC3339Nano, holder.StartedText)
	must(t, err)
	mustEqual(t, "started", started, holder.Started)
	if !strings.Contains(held.Error(), fmt.Sprint("process ", holder.PID, " since ", holder.StartedText[:len("2026-11-22T16:00:00")])) {
		t.Fatalf("%q does not name the holder", held)
	}
	child.end()
	must(t, mustTry(t, root).Release())
}

// relation prints the relation of the holder to this process.
func relation(root string) error {
	_, err := TryAcquire(root, "nested")
	var held *HeldError
	if errors.As(err, &held) {
		fmt.Println(held.Holder.Relation)
	}
	return nil
}

func TestChildKnowsItsParent(t *testing.T) {
	root := t.TempDir()
	lock := mustTry(t, root)
	defer lock.Release()
	child := start(t, "relation", root)
	child.expect("ancestor")
	_, err := TryAcquire(root, "again")
	mustEqual(t, "relation", mustBeHeld(t, err).Holder.Relation, RelationSelf)
}

func TestOneOfManyReleasesSucceeds(t *testing.T) {
	lock := mustTry(t, t.TempDir())
	var all sync.WaitGroup
	errs := make(chan error, 8)
	for i := 0; i < cap(errs); i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			errs <- lock.Release()
		}()
	}
	all.Wait()
	close(errs)
	released := 0
	for err := range errs {
		if err == nil {
			released++
			continue
		}
		mustFail(t, err, os.ErrClosed, StatusInvalidHandle)
	}
	mustEqual(t, "released", released, 1)
}

func TestReleasedLockIsClosed(t *testing.T) {
	root := t.TempDir()
	lock := mustTry(t, root)
	path := filepath.Join(root, LockFile)
	mustEqual(t, "path", lock.Path(), path)
	must(t, lock.Verify())
	must(t, lock.Release())
	_, errPrevious := lock.Previous()
	_, errInto := lock.IntoFile()
	for _, err := range []error{lock.Release(), lock.Verify(), errPrevious, errInto} {
		mustEqual(t, "path", mustFail(t, err, os.ErrClosed).Path, path)
	}
	mustEqual(t, "path", lock.Path(), path)
}

func TestLostLockIsNoticed(t *testing.T) {
	root := t.TempDir()
	lock := mustTry(t, root)
	must(t, os.RemoveAll(filepath.Join(root, ".ralph")))
	mustFail(t, lock.Verify(), StatusLost)
	must(t, lock.Release())
}

func TestGarbageCollectorReleasesNothing(t *testing.T) {
	root, other := t.TempDir(), t.TempDir()
	mustTry(t, root)
	if _, err := mustTry(t, other).IntoFile(); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 10; i++ {
		runtime.GC()
		// Finalizers run one after the other: once this one has run, those of the previous collection have too.
		ran := make(chan struct{})
		runtime.SetFinalizer(new([64]byte), func(*[64]byte) { close(ran) })
		runtime.GC()
		<-ran
	}
	for _, root := range []string{root, other} {
		_, err := TryAcquire(root, "refused")
		mustEqual(t, "relation", mustBeHeld(t, err).Holder.Relation, RelationSelf)
	}
	// The lock that the program has forgotten is found.
	must(t, Held(root).Verify())
	must(t, Held(root).Release())
	must(t, mustTry(t, root).Release())
}

func TestHeldFindsThisProcesssLock(t *testing.T) {
	root := t.TempDir()
	mustEqual(t, "held", Held(root), (*Lock)(nil))
	mustEqual(t, "held", Held(filepath.Join(root, "missing")), (*Lock)(nil))
	lock := mustTry(t, root)
	mustEqual(t, "held", Held(root), lock)
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(root, link))
	mustEqual(t, "by another name", Held(link), lock)
	mustEqual(t, "another file", Held(root, WithLockFile("deploy.lock")), (*Lock)(nil))
	deploy, err := TryAcquire(root, "deploys", WithLockFile("deploy.lock"))
	must(t, err)
	mustEqual(t, "another file", Held(root, WithLockFile("./deploy.lock")), deploy)
	mustEqual(t, "impossible", Held(root, nil), (*Lock)(nil))
	must(t, os.RemoveAll(filepath.Join(root, ".ralph")))
	mustEqual(t, "without its file", Held(root), lock)
	must(t, lock.Restore())
	must(t, lock.Release())
	mustEqual(t, "released", Held(root), (*Lock)(nil))
	mustEqual(t, "another file", Held(root, WithLockFile("deploy.lock")), deploy)

	file, err := deploy.IntoFile()
	must(t, err)
	mustEqual(t, "handed over", Held(root, WithLockFile("deploy.lock")), (*Lock)(nil))
	deploy, err = Adopt(root, "taken back", file, WithLockFile("deploy.lock"))
	must(t, err)
	mustEqual(t, "taken back", Held(root, WithLockFile("deploy.lock")), deploy)
	must(t, deploy.Release())
	child := start(t, "hold", root)
	child.expect("held")
	mustEqual(t, "of another process", Held(root), (*Lock)(nil))
	child.end()
}

// go vet would report a plain assignment.
func TestCopyIsTheSameLock(t *testing.T) {
	root := t.TempDir()
	lock := mustTry(t, root)
	copied := reflect.New(reflect.TypeOf(lock).Elem())
	copied.Elem().Set(reflect.ValueOf(lock).Elem())
	other := copied.Interface().(*Lock)
	must(t, other.Verify())
	must(t, other.Release())
	mustFail(t, lock.Release(), os.ErrClosed)
	mustEqual(t, "held", Held(root), (*Lock)(nil))
	must(t, mustTry(t, root).Release())
}

func TestNilAndZeroArgumentsAreErrors(t *testing.T) {
	for _, lock := range []*Lock{nil, {}, new(Lock)} {
		_, errPrevious := lock.Previous()
		_, errInto := lock.IntoFile()
		for _, err := range []error{lock.Release(), lock.Verify(), lock.Restore(), errPrevious, errInto} {
			mustFail(t, err, os.ErrClosed, StatusInvalidHandle)
		}
		mustEqual(t, "path", lock.Path(), "")
	}
	root := t.TempDir()
	var noContext context.Context
	_, err := Acquire(noContext, root, "no context")
	mustFail(t, err, syscall.EINVAL, StatusInvalidArgument)
	_, err = TryAcquire(root, "no option", nil)
	mustFail(t, err, syscall.EINVAL)
	_, err = Adopt(root, "no file", nil)
	mustFail(t, err, syscall.EINVAL)
	var holder *Holder
	for _, text := range []string{holder.Summary(), (&Holder{}).String()} {
		mustEqual(t, "it says that the holder is unknown", strings.Contains(text, "unknown"), true)
	}
}

func TestNumbersOfMoreThan32BitsAreRefused(t *testing.T) {
	root := t.TempDir()
	child := start(t, "hold", root)
	child.expect("held")
	kill := int64(syscall.SIGKILL)
	for _, number := range []int64{1<<32 + kill, -1<<32 + kill, 1<<31 + kill} {
		mustFail(t, SignalHolder(root, syscall.Signal(number)), syscall.EINVAL)
	}
	mustFail(t, SignalHolder(root, -1), syscall.EINVAL)
	mustFail(t, SignalHolder(root, 1000), syscall.EINVAL)
	child.end()

	// A file with an invalid descriptor number, which Go does not notice.
	file, err := mustTry(t, root).IntoFile()
	must(t, err)
	wrong := os.NewFile(file.Fd()+1<<32, "wrong")
	runtime.SetFinalizer(wrong, nil)
	_, err = Adopt(root, "narrowed", wrong)
	mustFail(t, err, syscall.EINVAL)
	must(t, file.Close())
}

func TestRestorePutsTheFileBack(t *testing.T) {
	root := t.TempDir()
	lock := mustTry(t, root)
	must(t, lock.Restore())
	must(t, os.RemoveAll(filepath.Join(root, ".ralph")))
	mustFail(t, lock.Verify(), StatusLost)
	must(t, lock.Restore())
	must(t, lock.Verify())
	holder, err := ReadExisting(root)
	must(t, err)
	mustEqual(t, "prompt", holder.Prompt, "the test's work")

	// A program that knows only the file locks it first.
	must(t, os.Remove(lock.Path()))
	file, err := os.Create(lock.Path())
	must(t, err)
	must(t, syscall.Flock(int(file.Fd()), syscall.LOCK_EX))
	held := mustBeHeld(t, lock.Restore())
	mustEqual(t, "path", held.Path, lock.Path())
	must(t, file.Close())
	must(t, lock.Restore())
	must(t, lock.Release())
	mustFail(t, lock.Restore(), os.ErrClosed)

	lock = mustTry(t, root)
	must(t, os.RemoveAll(root))
	mustFail(t, lock.Restore(), StatusLost)
	lock.Release()
}

func TestForeignTextIsEscaped(t *testing.T) {
	root := t.TempDir()
	lock, err := TryAcquire(root, "evil\x1b[2J\nlines\u202e")
	must(t, err)
	defer lock.Release()
	_, refusal := TryAcquire(root, "refused")
	held := mustBeHeld(t, refusal)
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, timedOut := Acquire(ctx, root, "waits")
	for _, text := range []string{
		refusal.Error(), timedOut.Error(), held.Message, held.Holder.Summary(), fmt.Sprint(held.Holder), fmt.Sprintf("%+v", held),
	} {
		if strings.ContainsAny(text, "\x1b\n\u202e") || !strings.Contains(text, `evil\u{1b}[2J\nlines\u{202e}`) {
			t.Errorf("%q", text)
		}
		mustEqual(t, "pid", strings.Contains(text, fmt.Sprint("process ", os.Getpid(), " since ")), true)
	}
	mustEqual(t, "local pid", held.Holder.LocalPID, os.Getpid())
}

func TestNextHolderLearnsOfTheDeadOne(t *testing.T) {
	root := t.TempDir()
	child := start(t, "hold", root)
	child.expect("held")
	must(t, child.Process.Kill())
	child.Wait()
	lock := mustTry(t, root)
	previous, err := lock.Previous()
	must(t, err)
	mustEqual(t, "pid", previous.PID, child.Process.Pid)
	mustEqual(t, "liveness", previous.Liveness, LivenessDead)
	must(t, lock.Release())

	lock = mustTry(t, root)
	previous, err = lock.Previous()
	must(t, err)
	mustEqual(t, "previous", previous, (*Holder)(nil))
	must(t, lock.Release())
}

func TestAnotherLockFileIsAnotherLock(t *testing.T) {
	root := t.TempDir()
	lock := mustTry(t, root)
	other, err := TryAcquire(root, "deploys", WithLockFile("build/deploy.lock"))
	must(t, err)
	mustEqual(t, "path", other.Path(), filepath.Join(root, "build/deploy.lock"))
	_, err = TryAcquire(root, "deploys too", WithLockFile("build/deploy.lock"))
	mustEqual(t, "prompt", mustBeHeld(t, err).Holder.Prompt, "deploys")
	must(t, other.Release())
	must(t, lock.Release())
}

func TestInvalidArgumentsAreExplained(t *testing.T) {
	root := t.TempDir()
	for _, c := range []struct {
		root, prompt string
		options      []Option
		says         string
	}{
		{root, "cut\x00here", nil, "the prompt contains a NUL byte"},
		{root, "\xff", nil, "UTF-8"},
		{"", "no root", nil, "empty"},
		{root + "\x00", "no root", nil, "the workspace root contains a NUL byte"},
		{root, "elsewhere", []Option{WithLockFile("../lock")}, `"../lock"`},
		{root, "elsewhere", []Option{WithLockFile("lock\x00")}, "the lock file contains a NUL byte"},
	} {
		_, err := TryAcquire(c.root, c.prompt, c.options...)
		if failed := mustFail(t, err, StatusInvalidArgument, syscall.EINVAL, fs.ErrInvalid); !strings.Contains(failed.Message, c.says) {
			t.Errorf("%q instead of %q", failed, c.says)
		}
	}
	_, _, err := Inspect(root + "\x00")
	mustFail(t, err, StatusInvalidArgument)
	locked, err := IsLocked(root)
	must(t, err)
	mustEqual(t, "locked", locked, false)
}

func TestFailureKeepsItsDetails(t *testing.T) {
	root := filepath.Join(t.TempDir(), "missing")
	_, err := TryAcquire(root, "nowhere")
	failed := mustFail(t, err, fs.ErrNotExist, syscall.ENOENT, StatusIO)
	mustEqual(t, "errno", failed.Errno, syscall.ENOENT)
	mustEqual(t, "path", strings.HasPrefix(failed.Path, root), true)
	mustEqual(t, "message names the path", strings.Contains(err.Error(), root), true)
	mustEqual(t, "name", failed.Status.Name(), "RALPH_LOCK_IO")
	mustEqual(t, "permission", errors.Is(err, fs.ErrPermission), false)
	mustEqual(t, "closed", errors.Is(err, os.ErrClosed), false)
}

// unwritable tries for a lock in a directory without write permission.
func unwritable(root string) error {
	if err := os.Chmod(root, 0o555); err != nil {
		return err
	}
	if err := os.Chdir(root); err != nil {
		return err
	}
	if os.Getuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			return err
		}
	}
	_, err := TryAcquire(".", "unwritable")
	if err := is(err, fs.ErrPermission); err != nil {
		return err
	}
	return is(err, syscall.EACCES)
}

func TestForbiddenFolderIsNoRefusal(t *testing.T) {
	start(t, "unwritable", t.TempDir()).end()
}

// full cannot write any more after a certain moment.
func full(root string) error {
	signal.Ignore(syscall.SIGXFSZ)
	held, err := TryAcquire(root, "held")
	if err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{}); err != nil {
		return err
	}
	_, err = TryAcquire(root, "free", WithLockFile("free"))
	if err := is(err, syscall.EFBIG); err != nil {
		return err
	}
	return held.Release()
}

func TestFullDiskIsNoRefusal(t *testing.T) {
	start(t, "full", t.TempDir()).end()
}

// broken has a lock whose record it cannot write any more, because its descriptor became read-only.
func broken(root string) error {
	lock, err := TryAcquire(root, "broken")
	if err != nil {
		return err
	}
	path, err := filepath.EvalSymlinks(lock.Path())
	if err != nil {
		return err
	}
	fd := 0
	for open := ""; open != path; open, _ = os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)) {
		fd++
	}
	reader, err := os.Open(lock.Path())
	if err != nil {
		return err
	}
	if err := syscall.Dup3(int(reader.Fd()), fd, syscall.O_CLOEXEC); err != nil {
		return err
	}
	err = lock.Release()
	var failed *Error
	if !errors.As(err, &failed) || failed.Status != StatusIO || failed.Path != lock.Path() || failed.Errno == 0 {
		return fmt.Errorf("%#v", err)
	}
	return is(err, failed.Errno)
}

func TestFailedReleaseSaysWhy(t *testing.T) {
	start(t, "broken", t.TempDir()).end()
}
