<?php
// The lock from PHP, by its FFI extension: take it and work, or name its holder.
//
// Needs PHP 8 with FFI, and libralph_lock.so.0 installed or on LD_LIBRARY_PATH:
//     php minimal.php "implement auth"

$lock = FFI::cdef(<<<'C'
    typedef enum { RALPH_LOCK_OK = 0 } ralph_lock_status;
    typedef struct ralph_lock_guard ralph_lock_guard;
    typedef struct ralph_lock_metadata ralph_lock_metadata;
    typedef struct ralph_lock_error ralph_lock_error;

    ralph_lock_status ralph_lock_try_acquire(const char *workspace_root, const char *prompt,
                                             ralph_lock_guard **guard, ralph_lock_metadata **holder,
                                             ralph_lock_error **error);
    ralph_lock_status ralph_lock_release(ralph_lock_guard *guard);
    const char *ralph_lock_guard_path(const ralph_lock_guard *guard);
    const char *ralph_lock_metadata_summary(const ralph_lock_metadata *metadata);
    void ralph_lock_metadata_free(ralph_lock_metadata *metadata);
    const char *ralph_lock_error_message(const ralph_lock_error *error);
    void ralph_lock_error_free(ralph_lock_error *error);
    C, 'libralph_lock.so.0');

$guard = $lock->new('ralph_lock_guard *');
$holder = $lock->new('ralph_lock_metadata *');
$error = $lock->new('ralph_lock_error *');

$status = $lock->ralph_lock_try_acquire(
    '.', $argv[1] ?? '', FFI::addr($guard), FFI::addr($holder), FFI::addr($error));
try {
    if ($status === $lock->RALPH_LOCK_OK) {
        printf("we hold %s and can work\n", $lock->ralph_lock_guard_path($guard));
    } elseif (!FFI::isNull($holder)) {
        printf("taken by %s\n", $lock->ralph_lock_metadata_summary($holder));
    } else {
        printf("not locked: %s\n", $lock->ralph_lock_error_message($error));
    }
} finally {
    $lock->ralph_lock_metadata_free($holder);
    $lock->ralph_lock_error_free($error);
    $done = !FFI::isNull($guard) && $lock->ralph_lock_release($guard) === $lock->RALPH_LOCK_OK;
}
exit($done ? 0 : 1);
