/* A user with write access to another user's lock file can lock it, also under fs.protected_regular
 * (proc_sys_fs(5)). */
#include "check.h"
#include "privileges.h"

static const char *const SWITCH = "/proc/sys/fs/protected_regular";

static void take_it(void *unused)
{
    process holder;

    (void)unused;
    CHECK_STATUS(RALPH_LOCK_OK, try_only("."));
    CHECK(is_blank(RALPH_LOCK_FILE));
    holder = hold(".", "unprivileged");
    check_held(".", "unprivileged");
    kill_hard(&holder);
    /* The record that another process left is replaced. */
    CHECK_STATUS(RALPH_LOCK_OK, try_only("."));
    CHECK(is_blank(RALPH_LOCK_FILE));
}

static void be_refused(void *unused)
{
    (void)unused;
    ralph_lock_error_free(cannot_acquire(".", EACCES));
}

/* Whether the kernel refuses O_CREAT on the existing file; if not, this test shows nothing. */
static void check_switched_on(void *unused)
{
    (void)unused;
    CHECK(open(RALPH_LOCK_FILE, O_RDWR | O_CREAT, 0666) == -1 && errno == EACCES);
    CHECK(open(RALPH_LOCK_FILE, O_RDWR) != -1);
}

static void with_protected_regular(void *unused)
{
    (void)unused;
    run_unprivileged(check_switched_on, NULL);
    run_unprivileged(take_it, NULL);
}

static char exchange(int file, char value)
{
    char before;

    CHECK(pread(file, &before, 1, 0) == 1);
    CHECK(pwrite(file, &value, 1, 0) == 1);
    return before;
}

int main(void)
{
    char *root = new_workspace();
    process child;
    char before;
    int file, status;

    if (geteuid() != 0)
        skip("only root can create files for other users");
    CHECK(chdir(root) == 0 && chmod(".", 0755) == 0);

    /* Root created it, and other users may only read it. */
    CHECK_STATUS(RALPH_LOCK_OK, try_only("."));
    CHECK(chmod(".ralph", 0755) == 0 && chmod(RALPH_LOCK_FILE, 0644) == 0);
    run_unprivileged(be_refused, NULL);

    /* Root created it, and other users may write it. */
    CHECK(chmod(RALPH_LOCK_FILE, 0666) == 0);
    run_unprivileged(take_it, NULL);

    /* A third user created it, in a directory like /tmp. */
    CHECK(chmod(".ralph", 01777) == 0);
    if (chown(RALPH_LOCK_FILE, NOBODY - 1, NOBODY - 1) == -1)
        skip("chown(2) is not permitted here");
    file = open(SWITCH, O_RDWR | O_CLOEXEC);
    if (file == -1)
        skip("fs.protected_regular cannot be switched on here");
    /* The setting is global: one test at a time changes it, and restores it in any case. */
    CHECK(flock(file, LOCK_EX) == 0);
    before = exchange(file, '2');
    child = start(with_protected_regular, NULL);
    /* A signal ends the child only; this process still restores the setting. */
    CHECK(signal(SIGTERM, SIG_IGN) != SIG_ERR && signal(SIGINT, SIG_IGN) != SIG_ERR);
    status = reap(&child);
    exchange(file, before);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return 0;
}
