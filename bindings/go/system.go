package ralphlock

// #cgo !static pkg-config: ralph_lock
// #cgo static pkg-config: --static ralph_lock
// #cgo static LDFLAGS: -Wl,--as-needed -l:libralph_lock.a
import "C"
