#!/usr/bin/perl
# The lock from Perl, by FFI::Platypus: take it and work, or name its holder.
#
# Needs FFI::Platypus 2, and libralph_lock.so.0 installed or on LD_LIBRARY_PATH:
#     perl minimal.pl "implement auth"
use strict;
use warnings;
use FFI::Platypus 2.00;

use constant RALPH_LOCK_OK => 0;

my $ffi = FFI::Platypus->new(api => 2, lib => 'libralph_lock.so.0');
$ffi->type(opaque => $_) for qw(guard metadata error);
$ffi->attach(ralph_lock_try_acquire => [qw(string string guard* metadata* error*)] => 'sint32');
$ffi->attach(ralph_lock_release => [qw(guard)] => 'sint32');
$ffi->attach(ralph_lock_guard_path => [qw(guard)] => 'string');
$ffi->attach(ralph_lock_metadata_summary => [qw(metadata)] => 'string');
$ffi->attach(ralph_lock_metadata_free => [qw(metadata)] => 'void');
$ffi->attach(ralph_lock_error_message => [qw(error)] => 'string');
$ffi->attach(ralph_lock_error_free => [qw(error)] => 'void');

my $status = ralph_lock_try_acquire('.', $ARGV[0] // '', \my ($guard, $holder, $error));
if ($status == RALPH_LOCK_OK) {
    printf "we hold %s and can work\n", ralph_lock_guard_path($guard);
} elsif ($holder) {
    printf "taken by %s\n", ralph_lock_metadata_summary($holder);
} else {
    printf "not locked: %s\n", ralph_lock_error_message($error);
}
ralph_lock_metadata_free($holder);
ralph_lock_error_free($error);
exit($guard && ralph_lock_release($guard) == RALPH_LOCK_OK ? 0 : 1);
