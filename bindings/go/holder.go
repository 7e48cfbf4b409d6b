package ralphlock

// #include <ralph_lock.h>
import "C"

import "time"

// A Holder is the process on record as the holder of a lock: a copy, taken at one moment.
//
// Print it with [Holder.Summary], as the verbs %v and %s do for a *Holder. Prompt and Host are another program's text
// and may contain line breaks and terminal controls.
type Holder struct {
	PID     int       // in the holder's pid namespace: in another one it means another process, or none
	Started time.Time // when it took the lock, by its own clock, in UTC, limited to the years 1677 to 2262
	Prompt  string    // what it is doing, in its own words; escaped in Summary
	Host    string    // the machine or container it runs on; "" if the record has none

	// LocalPID is the process id in this process's pid namespace, for kill and ps; 0 if it is not visible from here.
	LocalPID int

	// StartedText is Started as the lock file spells it (RFC 3339).
	StartedText string

	// Liveness and Relation were determined when the record was read: read it again for a fresh answer.
	Liveness Liveness
	Relation Relation

	summary string
}

// Summary returns the holder in one line that is safe to print at a terminal: the process, the host if it is another
// one, since when, and the prompt. Control, bidirectional and invisible characters are escaped, and a long prompt is
// cut. For a nil Holder it says that the holder is unknown.
func (h *Holder) Summary() string {
	if h == nil || h.summary == "" {
		return C.GoString(C.ralph_lock_metadata_summary(nil))
	}
	return h.summary
}

// String returns [Holder.Summary].
func (h *Holder) String() string {
	return h.Summary()
}

// Liveness says whether the process on record runs. It says nothing about the lock: a forked child can keep a dead
// holder's.
type Liveness int32

const (
	LivenessUnknown  Liveness = C.RALPH_LOCK_LIVENESS_UNKNOWN  // the record has no identity (ralph-core writes none) or is of another time namespace, or there is no /proc
	LivenessLive     Liveness = C.RALPH_LOCK_LIVENESS_LIVE     // it runs
	LivenessDead     Liveness = C.RALPH_LOCK_LIVENESS_DEAD     // it has ended
	LivenessRecycled Liveness = C.RALPH_LOCK_LIVENESS_RECYCLED // it has ended, and another process has its pid now
	LivenessForeign  Liveness = C.RALPH_LOCK_LIVENESS_FOREIGN  // it belongs to another host or boot, or to a pid namespace that is not visible from here
)

// Relation is the relation of the process on record to this one.
type Relation int32

const (
	RelationUnknown  Relation = C.RALPH_LOCK_RELATION_UNKNOWN  // it cannot be determined
	RelationSelf     Relation = C.RALPH_LOCK_RELATION_SELF     // this process
	RelationAncestor Relation = C.RALPH_LOCK_RELATION_ANCESTOR // an ancestor of this one: its parent, that process's parent, and so on
	RelationOther    Relation = C.RALPH_LOCK_RELATION_OTHER    // neither
)

func (l Liveness) String() string {
	switch l {
	case LivenessLive:
		return "live"
	case LivenessDead:
		return "dead"
	case LivenessRecycled:
		return "recycled"
	case LivenessForeign:
		return "foreign"
	}
	return "unknown"
}

func (r Relation) String() string {
	switch r {
	case RelationSelf:
		return "self"
	case RelationAncestor:
		return "ancestor"
	case RelationOther:
		return "other"
	}
	return "unknown"
}

// takeHolder makes a Holder of C's metadata, which it frees; nil for NULL.
func takeHolder(metadata *C.ralph_lock_metadata) *Holder {
	if metadata == nil {
		return nil
	}
	defer C.ralph_lock_metadata_free(metadata)
	return &Holder{
		PID:         int(C.ralph_lock_metadata_pid(metadata)),
		Started:     time.Unix(0, int64(C.ralph_lock_metadata_started_unix_ns(metadata))).UTC(),
		Prompt:      C.GoString(C.ralph_lock_metadata_prompt(metadata)),
		Host:        C.GoString(C.ralph_lock_metadata_host(metadata)),
		StartedText: C.GoString(C.ralph_lock_metadata_started_rfc3339(metadata)),
		Liveness:    Liveness(C.ralph_lock_metadata_liveness(metadata)),
		Relation:    Relation(C.ralph_lock_metadata_relation(metadata)),
		LocalPID:    int(C.ralph_lock_metadata_local_pid(metadata)),
		summary:     C.GoString(C.ralph_lock_metadata_summary(metadata)),
	}
}
