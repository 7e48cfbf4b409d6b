# Thin: cargo does the work. `./make.sh TARGET` installs what is missing first.

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
MAJOR := $(firstword $(subst ., ,$(VERSION)))
DESCRIPTION := $(shell sed -n 's/^description = "\(.*\)"/\1/p' Cargo.toml)
CARGO := cargo
# Cargo's target directory, which the user's settings may change. Without cargo, as during `make install`, it is target.
TARGET := $(or $(shell $(CARGO) metadata --locked --no-deps --format-version=1 2>/dev/null | \
	sed 's/.*"target_directory":"\([^"]*\)".*/\1/'),$(CURDIR)/target)
LIB := $(TARGET)/lib
BIN := $(TARGET)/bin
MANUAL := $(TARGET)/man3
CC ?= cc

# The names of the libraries' files here, and what the static one needs.
NAMES := $(shell sh packaging/names $(VERSION))
LINKED := $(word 1,$(NAMES))
NAMED := $(word 2,$(NAMES))
VERSIONED := $(word 3,$(NAMES))
PRIVATE := $(wordlist 5,$(words $(NAMES)),$(NAMES))
ifeq ($(suffix $(LINKED)),.dylib)
# The oldest macOS on which the libraries run.
MACOSX_DEPLOYMENT_TARGET ?= 11.0
export MACOSX_DEPLOYMENT_TARGET
WITHOUT_UNUSED := -Wl,-dead_strip
else
WITHOUT_UNUSED := -s -Wl,--gc-sections
endif

# Where `make install` installs, below DESTDIR if set. Relative directories are below PREFIX.
PREFIX ?= /usr/local
LIBDIR ?= lib
INCLUDEDIR ?= include
BINDIR ?= bin
DATADIR ?= share
MANDIR ?= share/man

# The shared library, and where cargo puts it. Frame pointers make it smaller, and let profilers show callers.
SHARED = $(CARGO) rustc --quiet --locked --lib --crate-type cdylib --profile dist
SHARED_FLAGS := -- -C force-frame-pointers=yes
SHARED_IN := $(TARGET)/dist

# SMALL=1 compiles Rust's standard library too, without the code that prints backtraces: the library becomes half as
# large. This needs the source (Debian: rust-web-src; rustup: rust-src) and RUSTC_BOOTSTRAP, because it is an
# unstable feature of cargo. Packages set it. RUST_WITH_SOURCE is the directory of a Rust with its source, if the one on PATH has none.
SMALL ?=
ifneq ($(SMALL),)
export PATH := $(if $(RUST_WITH_SOURCE),$(RUST_WITH_SOURCE):)$(PATH)
HOST := $(shell PATH='$(PATH)' rustc --version --verbose | sed -n 's/^host: //p')
# The sources that a panic would name have short names, the same on every machine.
SHORT := --remap-path-prefix=$(shell PATH='$(PATH)' rustc --print sysroot)/lib/rustlib/src/rust/library=/std \
	$(patsubst %,--remap-path-prefix=%=/crates,$(wildcard $(or $(CARGO_HOME),$(HOME)/.cargo)/registry/src/*))
LIB := $(TARGET)/small
SHARED := RUSTC_BOOTSTRAP=1 RUSTFLAGS="$$RUSTFLAGS $(SHORT)" $(SHARED) -Zbuild-std=std,panic_unwind -Zbuild-std-features=panic-unwind --target $(HOST)
SHARED_IN := $(TARGET)/$(HOST)/dist
endif

# Newer than the sources once all is built. Then `make install` needs neither cargo nor a compiler.
# Without the backslash, make ends the name at a space.
BUILT := $(subst $() ,\ ,$(LIB))/built
SOURCES := Cargo.toml Cargo.lock build.rs $(shell find src tools -name '*.rs' -o -name '*.[ch]' 2>/dev/null)

.PHONY: all demo test bindings installed examples proof lint bench bench-quick bench-instructions lib tool manual \
	header install uninstall deb release help clean

all: lib tool manual ## libraries, tool and manual pages: what `make install` installs
	@touch "$(LIB)/built"

demo: lib ## a holder, a refused second process, a crash, a take-over
	@sh examples/demo.sh "$(CC)" "$(LIB)"

# `make proof` reads the log.
test: lib ## every test, and at the end what was skipped and why
	@CARGO='$(CARGO)' sh tests/run.sh "$(TARGET)"

# Starts tested programs with default signals, even if make runs under nohup. tests/common/signals.rs does this for
# `make test`.
DEFAULTS := $(shell env --default-signal true 2>/dev/null && echo env --default-signal)

# The packages for other languages, each tested by its language's tools with an installed library.
bindings: bindings-go bindings-python bindings-node ## the packages for Go, Python and Node; bindings-go for one of them

bindings-%: installed
	@$(DEFAULTS) sh bindings/$*/test "$(TARGET)/installed" "$(TARGET)/bindings-$*"

installed: lib
	@$(MAKE) --silent install DESTDIR= PREFIX="$(TARGET)/installed" LIBDIR=lib INCLUDEDIR=include >/dev/null

# The same small program in every language, and what README.md and docs/adopting.md show.
examples: bindings ## one small program in ten languages, and what README.md and docs/adopting.md show
	@$(DEFAULTS) sh examples/run.sh "$(TARGET)/installed" "$(TARGET)"
	@$(DEFAULTS) sh examples/pages.sh "$(TARGET)/installed" "$(TARGET)"

# Rewrites docs/generated/proof.md: each promise with its evidence. PARTS names some of the folders of proof/;
# `make proof-PART` runs one.
proof: lib ## what the tests cannot reach, as root; proof-PART for a folder of proof/
	@$(DEFAULTS) sh proof/run.sh "$(LIB)" "$(TARGET)" $(PARTS)

proof-%: lib
	@$(DEFAULTS) sh proof/run.sh "$(LIB)" "$(TARGET)" $*

lint: ## check the format and lint, if the tools are installed
	@if $(CARGO) fmt --version >/dev/null 2>&1; then $(CARGO) fmt --check; \
	else echo "Format not checked: cargo fmt is not installed."; fi
	@if $(CARGO) clippy --version >/dev/null 2>&1; then $(CARGO) clippy --locked --all-targets -- -D warnings; \
	else echo "Not linted: cargo clippy is not installed."; fi

# Rewrites docs/generated/performance.md: the library compared with its floor and its peers. Takes ten minutes on an idle machine.
bench: lib installed ## the library compared with its floor and its peers, ten minutes
	@python3 bench/run.py --target "$(TARGET)" --compiler "$(CC)"

# The same with few rounds: prints which targets are met, and writes nothing. Takes a minute after the build.
bench-quick: lib installed ## the same with few rounds, one minute
	@python3 bench/run.py --target "$(TARGET)" --compiler "$(CC)" --quick

# UPDATE=1 records the present instruction counts.
bench-instructions: lib ## whether the operations take more instructions than before
	@python3 bench/instructions/run.py --target "$(TARGET)" --compiler "$(CC)" $(if $(UPDATE),--update)

# The shipped libraries, with the links that linker and loader look for.
lib: ## the libraries alone, in target/lib; SMALL=1: in target/small, half as large
	@[ -e "$(LIB)" ] || echo "Building the library. The first time takes a minute."
	@$(SHARED) $(SHARED_FLAGS)
	@$(CARGO) rustc --quiet --locked --lib --crate-type staticlib --release
	@mkdir -p "$(LIB)"
	@install -C -m 755 "$(SHARED_IN)/$(LINKED)" "$(LIB)/$(VERSIONED)"
	@install -C -m 644 "$(TARGET)/release/libralph_lock.a" "$(LIB)/libralph_lock.a"
	@ln -sf $(VERSIONED) "$(LIB)/$(NAMED)"
	@ln -sf $(NAMED) "$(LIB)/$(LINKED)"

# The command-line tool contains the static library.
CFLAGS ?= -O2
LDFLAGS ?= $(WITHOUT_UNUSED)

tool: lib ## the command-line tool, in target/bin
	@mkdir -p "$(BIN)"
	@$(CC) -std=c99 $(CPPFLAGS) $(CFLAGS) -Iinclude tools/ralph-lock/*.c $(LDFLAGS) \
		"$(LIB)/libralph_lock.a" $(PRIVATE) -o "$(BIN)/ralph-lock"

manual: ## the manual pages of the C functions, in target/man3
	@mkdir -p "$(BIN)"
	@CARGO_PKG_VERSION=$(VERSION) rustc --edition 2024 tests/generate/write_manual.rs -o "$(BIN)/write_manual"
	@"$(BIN)/write_manual" include/ralph_lock.h "$(MANUAL)"

install: $(BUILT) ## installs; PREFIX=/usr/local DESTDIR=
	@$(INSTALLER) install

uninstall: ## removes what `make install` installed
	@$(INSTALLER) uninstall

INSTALLER = VERSION='$(VERSION)' MAJOR='$(MAJOR)' DESCRIPTION='$(DESCRIPTION)' LIB='$(LIB)' BIN='$(BIN)' \
	MANUAL='$(MANUAL)' DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' INCLUDEDIR='$(INCLUDEDIR)' BINDIR='$(BINDIR)' \
	DATADIR='$(DATADIR)' MANDIR='$(MANDIR)' sh packaging/install

$(BUILT): $(SOURCES)
	@$(CARGO) --version >/dev/null 2>&1 || \
		{ echo "$(LIB) has no build newer than the sources. Run \`make\` first, as the user with Rust;" \
		"if it was built elsewhere, use \`make install TARGET=...\`."; false; }
	@$(MAKE) --silent all

deb: ## Debian's packages, in target/deb
	@$(MAKE) --silent all SMALL=1
	@SMALL=1 $(CARGO) test --quiet --locked --test shipped
	@sh packaging/deb "$(TARGET)"

# docs/releasing.md says what becomes of it. TRIPLES names some of the platforms.
release: ## what a release uploads, in target/release-VERSION
	@TARGET="$(TARGET)" sh packaging/release/run "$(TARGET)/release-$(VERSION)"

header: ## include/ralph_lock.h from the sources
	UPDATE=1 $(CARGO) test --locked --quiet --test header the_header_is_the_one_that_the_sources_make

help: ## this list
	@awk -F ':[^#]*## ' '/^[a-z-]+:[^#]*## / { printf "%-22s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

clean: ## removes what was built
	$(CARGO) clean
