package ralphlock

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestFreeHeldAndStaleAreToldApart(t *testing.T) {
	root := t.TempDir()
	check := func(expected State, pid int) {
		t.Helper()
		state, holder, err := Inspect(root)
		must(t, err)
		mustEqual(t, "state", state, expected)
		mustEqual(t, "there is a record", holder != nil, pid != 0)
		locked, err := IsLocked(root)
		must(t, err)
		mustEqual(t, "locked", locked, expected == StateHeld)
		existing, err := ReadExisting(root)
		if pid == 0 {
			mustFail(t, err, StatusNotFound)
			return
		}
		must(t, err)
		mustEqual(t, "pid", holder.PID, pid)
		mustEqual(t, "pid", existing.PID, pid)
	}
	check(StateFree, 0)
	child := start(t, "hold", root)
	child.expect("held")
	check(StateHeld, child.Process.Pid)
	must(t, child.Process.Kill())
	child.Wait()
	check(StateStale, child.Process.Pid)
}

func TestHolderWithoutARecordHasNoName(t *testing.T) {
	root := t.TempDir()
	must(t, mustTry(t, root).Release())
	file, err := os.Open(root + "/" + LockFile)
	must(t, err)
	defer file.Close()
	must(t, syscall.Flock(int(file.Fd()), syscall.LOCK_EX))
	_, err = TryAcquire(root, "refused")
	mustEqual(t, "holder", mustBeHeld(t, err).Holder, (*Holder)(nil))
	state, holder, err := Inspect(root)
	must(t, err)
	mustEqual(t, "state", state, StateHeld)
	mustEqual(t, "holder", holder, (*Holder)(nil))
	mustFail(t, SignalHolder(root, syscall.SIGTERM), StatusParse)
}

func TestSignalReachesTheHolder(t *testing.T) {
	root := t.TempDir()
	mustFail(t, SignalHolder(root, 0), StatusNotFound)
	child := start(t, "hold", root)
	child.expect("held")
	must(t, SignalHolder(root, 0))
	must(t, SignalHolder(root, syscall.SIGTERM))
	err, _ := child.Wait().(*exec.ExitError)
	mustEqual(t, "end", err.Sys().(syscall.WaitStatus).Signal(), syscall.SIGTERM)
}

func TestKeepersAreFound(t *testing.T) {
	root := t.TempDir()
	keepers, err := FindKeepers(root)
	must(t, err)
	mustEqual(t, "keepers", len(keepers), 0)
	child := start(t, "hold", root)
	child.expect("held")
	keepers, err = FindKeepers(root)
	must(t, err)
	mustEqual(t, "keepers", len(keepers), 1)
	mustEqual(t, "keeper", keepers[0], child.Process.Pid)
	_, err = FindKeepers("")
	mustFail(t, err, StatusInvalidArgument)
}

func TestQuestionsAreAboutTheChosenFile(t *testing.T) {
	root := t.TempDir()
	deploy := WithLockFile("build/deploy.lock")
	child := start(t, "deploy", root)
	child.expect("held")
	state, holder, err := Inspect(root, deploy)
	must(t, err)
	mustEqual(t, "state", state, StateHeld)
	mustEqual(t, "pid", holder.PID, child.Process.Pid)
	keepers, err := FindKeepers(root, deploy)
	must(t, err)
	mustEqual(t, "keepers", len(keepers), 1)
	mustEqual(t, "keeper", keepers[0], child.Process.Pid)

	state, _, err = Inspect(root)
	must(t, err)
	mustEqual(t, "state", state, StateFree)
	mustFail(t, SignalHolder(root, syscall.SIGTERM), StatusNotFound)
	_, _, err = Inspect(root, WithLockFile("/etc/passwd"))
	mustFail(t, err, syscall.EINVAL)
	must(t, SignalHolder(root, syscall.SIGTERM, deploy))
	end, _ := child.Wait().(*exec.ExitError)
	mustEqual(t, "end", end.Sys().(syscall.WaitStatus).Signal(), syscall.SIGTERM)
}

// deploy holds another lock.
func deploy(root string) error {
	if _, err := TryAcquire(root, "deploys", WithLockFile("build/deploy.lock")); err != nil {
		return err
	}
	fmt.Println("held")
	told()
	return nil
}

func TestRootIsFoundFromBelow(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	below := filepath.Join(root, "a", "b")
	must(t, os.MkdirAll(below, 0o755))
	must(t, os.Mkdir(filepath.Join(root, ".git"), 0o755))
	for _, start := range []string{root, below} {
		found, err := FindRoot(start)
		must(t, err)
		mustEqual(t, "root", found, root)
	}
	must(t, os.Remove(filepath.Join(root, ".git")))
	_, err = FindRoot(below)
	mustFail(t, err, StatusNotFound)
	_, err = FindRoot(filepath.Join(root, "missing"))
	mustFail(t, err, os.ErrNotExist)
	_, err = FindRoot("a\x00b")
	mustFail(t, err, syscall.EINVAL)
}

func TestProbeSaysWhatLocksAreWorth(t *testing.T) {
	verdict, err := ProbeFilesystem(t.TempDir())
	must(t, err)
	// These tests pass on any file system.
	if verdict == FilesystemNoLocks {
		t.Fatal(verdict)
	}
	_, err = ProbeFilesystem("/proc")
	mustFail(t, err)
}

// The names here are all those of the header.
func TestNamesAreTheHeaders(t *testing.T) {
	header, err := os.ReadFile("../../include/ralph_lock.h")
	must(t, err)
	enumerators := regexp.MustCompile(`(?m)^    RALPH_LOCK_(\w+) = (\d+),$`).FindAllStringSubmatch(string(header), -1)
	mustEqual(t, "enumerators are found", len(enumerators) > 20, true)
	text := map[string]func(int32) string{
		"STATE":      func(value int32) string { return State(value).String() },
		"FILESYSTEM": func(value int32) string { return Filesystem(value).String() },
		"LIVENESS":   func(value int32) string { return Liveness(value).String() },
		"RELATION":   func(value int32) string { return Relation(value).String() },
	}
	statuses := map[string]Status{
		"OK": StatusOK, "ALREADY_LOCKED": StatusAlreadyLocked, "NOT_FOUND": StatusNotFound, "TIMED_OUT": StatusTimedOut,
		"CANCELLED": StatusCancelled, "INTERRUPTED": StatusInterrupted, "LOST": StatusLost, "NOT_LIVE": StatusNotLive,
		"INVALID_ARGUMENT": StatusInvalidArgument, "INVALID_HANDLE": StatusInvalidHandle, "IO": StatusIO,
		"PARSE": StatusParse, "UNSUPPORTED_PLATFORM": StatusUnsupportedPlatform,
		"UNSUPPORTED_FILESYSTEM": StatusUnsupportedFilesystem, "PANIC": StatusPanic,
	}
	for _, enumerator := range enumerators {
		name := enumerator[1]
		value, err := strconv.Atoi(enumerator[2])
		must(t, err)
		kind, rest, _ := strings.Cut(name, "_")
		if text := text[kind]; text != nil {
			mustEqual(t, name, text(int32(value)), strings.ToLower(rest))
			continue
		}
		status, known := statuses[name]
		mustEqual(t, name+" is known", known, true)
		mustEqual(t, name, int(status), value)
		mustEqual(t, name, status.Name(), "RALPH_LOCK_"+name)
	}
	version := regexp.MustCompile(`RALPH_LOCK_VERSION "(.*)"`).FindStringSubmatch(string(header))
	mustEqual(t, "version", Version(), version[1])
}
