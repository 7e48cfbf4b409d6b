//go:build cgo

package ralphlock

import (
	"sync"
	"time"
)

// A goroutine inside C occupies a thread, and Go never ends a thread. One event can wake many waits, so calls that
// take a lock run in turns.
const (
	// A turn of a root is kept until the call returns. When a file system stops answering, no more threads than
	// these are stuck for one workspace.
	turnsPerRoot = 4

	// A turn of all roots ends after patience at the latest, so that a stuck call delays no other workspace for longer.
	turnsOfAll = 8
	patience   = 10 * time.Millisecond
)

// A gate admits as many callers at a time as its channel holds.
type gate struct {
	inside chan struct{}
	users  int
}

var (
	all        = make(chan struct{}, turnsOfAll)
	gatesMutex sync.Mutex
	gates      = map[string]*gate{}
)

// inTurn calls C for a workspace as soon as it has a turn. If it is told to give up before that, it does nothing and
// returns false.
func inTurn(root string, giveUp <-chan struct{}, do func()) bool {
	g := openGate(root)
	defer closeGate(root, g)
	select {
	case g.inside <- struct{}{}:
	case <-giveUp:
		return false
	}
	defer func() { <-g.inside }()
	select {
	case all <- struct{}{}:
	case <-giveUp:
		return false
	}
	stuck := time.AfterFunc(patience, func() { <-all })
	do()
	if stuck.Stop() {
		<-all
	}
	return true
}

func openGate(root string) *gate {
	gatesMutex.Lock()
	defer gatesMutex.Unlock()
	g := gates[root]
	if g == nil {
		g = &gate{inside: make(chan struct{}, turnsPerRoot)}
		gates[root] = g
	}
	g.users++
	return g
}

func closeGate(root string, g *gate) {
	gatesMutex.Lock()
	defer gatesMutex.Unlock()
	if g.users--; g.users == 0 {
		delete(gates, root)
	}
}
