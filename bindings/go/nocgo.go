//go:build !cgo

package ralphlock

// Without cgo every other file of this package is left out, and go build would only say that a name is undefined.
// So this line fails first, and its name says what to do: set CGO_ENABLED=1 and install a C compiler. When
// cross-compiling, set CC to one for the target too.
var _ = ralphlock_needs_cgo__set_CGO_ENABLED_1_and_install_a_C_compiler
