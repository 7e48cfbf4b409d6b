//go:build !cgo

package ralphlock

// Without cgo every other file of this package is omitted, and go build would only report an undefined name. So this line
// fails first, and its name is the remedy: set CGO_ENABLED=1 and install a C compiler. When cross-compiling, also set CC
// to a compiler for the target.
var _ = ralphlock_needs_cgo__set_CGO_ENABLED_1_and_install_a_C_compiler
