package ralphlock

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// role names, in the environment, what a process started by a test does. The process is this same program.
const role = "RALPHLOCK_TEST_ROLE"

// The functions that the processes run, by role; each gets the workspace.
var roles = map[string]func(root string) error{
	"hold":       hold,
	"adopt":      adopt,
	"broken":     broken,
	"crowded":    crowded,
	"deploy":     deploy,
	"full":       full,
	"relation":   relation,
	"thousand":   thousand,
	"unwritable": unwritable,
}

func TestMain(m *testing.M) {
	if do := roles[os.Getenv(role)]; do != nil {
		if err := do(os.Args[1]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A child is a process that exchanges lines with a test. It ends with the test at the latest.
type child struct {
	*exec.Cmd
	t     *testing.T
	input io.Closer
	lines *bufio.Reader
}

func start(t *testing.T, what, root string, files ...*os.File) *child {
	t.Helper()
	program, err := os.Executable()
	must(t, err)
	command := exec.Command(program, root)
	command.Env = append(os.Environ(), role+"="+what)
	command.Stderr = os.Stderr
	command.ExtraFiles = files
	input, err := command.StdinPipe()
	must(t, err)
	output, err := command.StdoutPipe()
	must(t, err)
	must(t, command.Start())
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
	})
	return &child{command, t, input, bufio.NewReader(output)}
}

// expect reads a line.
func (c *child) expect(expected string) {
	c.t.Helper()
	line, err := c.lines.ReadString('\n')
	if line = strings.TrimSpace(line); line != expected {
		c.t.Fatalf("the child says %q (%v) instead of %q", line, err, expected)
	}
}

// end tells the child to end.
func (c *child) end() {
	c.t.Helper()
	must(c.t, c.input.Close())
	rest, _ := io.ReadAll(c.lines)
	if err := c.Wait(); err != nil {
		c.t.Fatalf("the child has ended with %v: %s", err, rest)
	}
}

// told waits for the parent to close the input.
func told() {
	io.Copy(io.Discard, os.Stdin)
}

// hold holds the lock until it is told to end.
func hold(root string) error {
	lock, err := TryAcquire(root, "the child's work")
	if err != nil {
		return err
	}
	fmt.Println("held")
	told()
	return lock.Release()
}

// is checks, in a child, that a call failed as expected and was not refused.
func is(err, expected error) error {
	var held *HeldError
	if !errors.Is(err, expected) || errors.As(err, &held) {
		return fmt.Errorf("%#v is not %v", err, expected)
	}
	return nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustTry(t *testing.T, root string) *Lock {
	t.Helper()
	lock, err := TryAcquire(root, "the test's work")
	must(t, err)
	return lock
}

// mustBeHeld returns the refusal, which is not a failure.
func mustBeHeld(t *testing.T, err error) *HeldError {
	t.Helper()
	var held *HeldError
	var failed *Error
	if !errors.As(err, &held) || errors.As(err, &failed) {
		t.Fatalf("%#v is no refusal", err)
	}
	return held
}

// mustFail expects a failure, not a refusal, in which errors.Is finds all of these.
func mustFail(t *testing.T, err error, expected ...error) *Error {
	t.Helper()
	var held *HeldError
	var failed *Error
	if !errors.As(err, &failed) || errors.As(err, &held) {
		t.Fatalf("%#v is no failure", err)
	}
	for _, expected := range expected {
		if !errors.Is(err, expected) {
			t.Fatalf("%#v is not %v", err, expected)
		}
	}
	return failed
}

func mustEqual(t *testing.T, what string, found, expected interface{}) {
	t.Helper()
	if found != expected {
		t.Fatalf("%s: %v instead of %v", what, found, expected)
	}
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	for began := time.Now(); !isSo(); time.Sleep(time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("not so after a minute: %s", what)
		}
	}
}

// parked counts the goroutines that wait for a lock in Go's poller, without a thread.
func parked() int {
	stacks := make([]byte, 8<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	count := 0
	for _, stack := range bytes.Split(stacks, []byte("\n\n")) {
		header, calls, _ := bytes.Cut(stack, []byte("\n"))
		if bytes.Contains(header, []byte("[IO wait")) && bytes.Contains(calls, []byte("waitInPoller")) {
			count++
		}
	}
	return count
}

// entries counts the entries of a directory in /proc: descriptors, or threads.
func entries(t *testing.T, folder string) int {
	t.Helper()
	found, err := os.ReadDir(folder)
	must(t, err)
	return len(found)
}
