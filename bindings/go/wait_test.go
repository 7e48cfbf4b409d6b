package ralphlock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The ways to wait. The second uses nothing that only Linux has, and works here too.
var ways = map[string]way{
	"in the poller": (*call).waitInPoller,
	"in a thread":   (*call).waitInThread,
}

func acquireBy(ctx context.Context, root string, wait way) (*Lock, error) {
	c, err := newCall(root, "waits", nil)
	if err != nil {
		c.free()
		return nil, err
	}
	return acquire(ctx, c, wait)
}

func TestKilledHolderFreesAWait(t *testing.T) {
	root := t.TempDir()
	child := start(t, "hold", root)
	child.expect("held")
	locks := make(chan *Lock, 1)
	go func() {
		lock, err := Acquire(context.Background(), root, "waits")
		if err != nil {
			t.Error(err)
		}
		locks <- lock
	}()
	eventually(t, "it waits", func() bool { return parked() == 1 })
	must(t, child.Process.Kill())
	must(t, (<-locks).Release())
}

func TestReleaseEndsAWait(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			lock := mustTry(t, root)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			done := make(chan error)
			for i := 0; i < 3; i++ {
				go func() {
					lock, err := acquireBy(ctx, root, way)
					if err == nil {
						err = lock.Release()
					}
					done <- err
				}()
			}
			must(t, lock.Release())
			for i := 0; i < 3; i++ {
				must(t, <-done)
			}
		})
	}
}

func TestContextEndsAWait(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			child := start(t, "hold", root)
			child.expect("held")
			check := func(ctx context.Context, expected error) {
				t.Helper()
				_, err := acquireBy(ctx, root, way)
				if !errors.Is(err, expected) {
					t.Fatalf("%v is not %v", err, expected)
				}
				mustEqual(t, "pid", mustBeHeld(t, err).Holder.PID, child.Process.Pid)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			check(ctx, context.DeadlineExceeded)
			ctx, cancel = context.WithCancel(context.Background())
			time.AfterFunc(20*time.Millisecond, cancel)
			check(ctx, context.Canceled)
			// A context that ends before the wait begins counts too.
			check(ctx, context.Canceled)
		})
	}
}

func TestEndedContextTriesNothing(t *testing.T) {
	root := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Acquire(ctx, root, "never")
	mustEqual(t, "error", err, context.Canceled)
	if _, err := os.Stat(root + "/.ralph"); !os.IsNotExist(err) {
		t.Fatal(err)
	}
}

// Go starts a thread when others are in the kernel or in C, and never ends one. Here few waits begin and end at a time,
// so that they start few threads.
func TestWaitsHoldNoThread(t *testing.T) {
	const waits, few = 200, 10
	root := t.TempDir()
	lock := mustTry(t, root)
	round := func() {
		var cancels []context.CancelFunc
		errs := make(chan error, few)
		for len(cancels) < waits {
			for i := 0; i < few; i++ {
				ctx, cancel := context.WithCancel(context.Background())
				go func() {
					_, err := Acquire(ctx, root, "waits")
					errs <- err
				}()
				cancels = append(cancels, cancel)
			}
			eventually(t, "they wait", func() bool { return parked() == len(cancels) })
		}
		for len(cancels) > 0 {
			for i := 0; i < few; i++ {
				cancels[i]()
			}
			cancels = cancels[few:]
			for i := 0; i < few; i++ {
				if err := <-errs; !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
			}
		}
	}
	// Otherwise the collector would close it.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	threads, goroutines := entries(t, "/proc/self/task"), runtime.NumGoroutine()
	round()
	descriptors := descriptorsButInotify(t)
	round()
	if now := descriptorsButInotify(t); now > descriptors {
		t.Fatalf("%d descriptors have become %d", descriptors, now)
	}
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= goroutines })
	if now := entries(t, "/proc/self/task"); now-threads >= waits/4 {
		t.Fatalf("%d threads have become %d", threads, now)
	}
	must(t, lock.Release())
}

// descriptorsButInotify does not count the descriptor that the library may keep for later waits.
func descriptorsButInotify(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	count := 0
	for _, fd := range open {
		if what, _ := os.Readlink("/proc/self/fd/" + fd.Name()); what != "anon_inode:inotify" {
			count++
		}
	}
	return count
}

// The waits begin and end at the same time, and each goroutine inside C occupies a thread.
func TestAThousandWaitsLeaveFewThreads(t *testing.T) {
	start(t, "thousand", t.TempDir()).end()
}

// thousand runs in its own process, because Go never ends a thread.
func thousand(root string) error {
	const waits = 1000
	lock, err := TryAcquire(root, "held")
	if err != nil {
		return err
	}
	before, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	errs := make(chan error, waits)
	for i := 0; i < waits; i++ {
		go func() {
			_, err := Acquire(ctx, root, "waits")
			errs <- err
		}()
	}
	for parked() < waits {
		time.Sleep(time.Millisecond)
	}
	cancel()
	for i := 0; i < waits; i++ {
		if err := <-errs; !errors.Is(err, context.Canceled) {
			return err
		}
	}
	if err := lock.Release(); err != nil {
		return err
	}
	after, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	if len(after)-len(before) > 40 {
		return fmt.Errorf("%d threads have become %d", len(before), len(after))
	}
	return nil
}

// stall takes every turn of a workspace, like calls on a file system that does not answer.
func stall(t *testing.T, root string) {
	t.Helper()
	answer := make(chan struct{})
	stuck := make(chan struct{})
	var calls sync.WaitGroup
	for i := 0; i < turnsPerRoot; i++ {
		calls.Add(1)
		go func() {
			defer calls.Done()
			inTurn(root, nil, func() {
				stuck <- struct{}{}
				<-answer
			})
		}()
	}
	for i := 0; i < turnsPerRoot; i++ {
		<-stuck
	}
	t.Cleanup(func() {
		close(answer)
		calls.Wait()
	})
}

func TestStuckCallsDelayNoOtherWorkspace(t *testing.T) {
	stuck := make([]string, 5)
	for i := range stuck {
		stuck[i] = t.TempDir()
		stall(t, stuck[i])
	}
	// All turns are taken, twice over.
	root := t.TempDir()
	lock := mustTry(t, root)
	done := make(chan error)
	go func() {
		lock, err := Acquire(context.Background(), root, "waits")
		if err == nil {
			err = lock.Release()
		}
		done <- err
	}()
	eventually(t, "it waits", func() bool { return parked() == 1 })
	must(t, lock.Release())
	must(t, <-done)

	// Calls that wait for an answer end with their contexts, and leave no thread or goroutine behind.
	goroutines := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	errs := make(chan error)
	for i := 0; i < 100; i++ {
		go func() {
			_, err := Acquire(ctx, stuck[0], "waits")
			errs <- err
		}()
	}
	eventually(t, "they queue for a turn", func() bool {
		gatesMutex.Lock()
		defer gatesMutex.Unlock()
		return gates[stuck[0]].users == turnsPerRoot+100
	})
	cancel()
	for i := 0; i < 100; i++ {
		err := <-errs
		mustFail(t, err, context.Canceled)
		mustEqual(t, "it names the workspace", strings.Contains(err.Error(), stuck[0]), true)
	}
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= goroutines })
}

func TestContextEndsAStuckWait(t *testing.T) {
	root := t.TempDir()
	child := start(t, "hold", root)
	child.expect("held")
	answer, left := make(chan struct{}), make(chan *Lock)
	ctx, cancel := context.WithCancel(context.Background())
	_, err := acquireBy(ctx, root, func(c *call, giveUp <-chan struct{}) (*Lock, error) {
		cancel()
		<-answer
		// The lock comes too late for the caller.
		lock, err := TryAcquire(root, "late")
		left <- lock
		return lock, err
	})
	held := mustBeHeld(t, err)
	mustEqual(t, "pid", held.Holder.PID, child.Process.Pid)
	mustEqual(t, "cancelled", errors.Is(err, context.Canceled), true)
	child.end()
	close(answer)
	mustEqual(t, "got the lock", <-left != nil, true)
	eventually(t, "the lock is given back", func() bool {
		locked, err := IsLocked(root)
		must(t, err)
		return !locked
	})
}

// A descriptor that is always readable wakes Go's poller at most once.
func TestStepsContinueWhileTheDescriptorIsReadable(t *testing.T) {
	root := t.TempDir()
	lock := mustTry(t, root)
	readable, err := os.Open(os.DevNull)
	must(t, err)
	defer readable.Close()
	c, err := newCall(root, "waits", nil)
	defer c.free()
	must(t, err)
	must(t, c.setTimeout(20))
	waiter, err := c.newWaiter()
	must(t, err)
	defer freeWaiter(waiter)
	var a answer
	mustEqual(t, "the wait is over", a.step(c, nil, waiter, int32(readable.Fd())), true)
	_, err = a.take(c)
	mustFail(t, err, StatusTimedOut)
	must(t, lock.Release())
}

// crowded has fewer and fewer free descriptors.
func crowded(root string) error {
	held, err := TryAcquire(root, "held")
	if err != nil {
		return err
	}
	defer held.Release()
	// Go's poller needs descriptors of its own, and dies without them.
	time.AfterFunc(time.Hour, func() {}).Stop()
	var spare []int
	for {
		fd, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err == syscall.EMFILE {
			break
		}
		if err != nil {
			return err
		}
		spare = append(spare, fd)
	}
	_, err = TryAcquire(root, "free", WithLockFile("free"))
	if err := is(err, syscall.EMFILE); err != nil {
		return err
	}
	if _, err = held.IntoFile(); err != nil {
		if err := is(err, syscall.EMFILE); err != nil {
			return err
		}
	}
	// A wait needs several. Wherever it fails, it ends with the error or with the context.
	failed := 0
	for len(spare) > 0 {
		syscall.Close(spare[0])
		spare = spare[1:]
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		_, err := Acquire(ctx, root, "waits")
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			if failed == 0 {
				return errors.New("there was always a descriptor left")
			}
			return nil
		}
		if err := is(err, syscall.EMFILE); err != nil {
			return err
		}
		failed++
	}
	return fmt.Errorf("%d failed", failed)
}

func TestNoDescriptorsLeftIsNoRefusal(t *testing.T) {
	var limit syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	low := limit
	low.Cur = 64
	// The child inherits it.
	must(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low))
	child := start(t, "crowded", t.TempDir())
	must(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
	child.end()
}
