/* When the caller may signal the holder but not read its descriptors, signal_holder cannot verify that it has the lock:
 * it fails with EACCES and signals no process. */
#include "inspecting.h"
#include "privileges.h"

static void become_nobody(void)
{
    if (setgroups(0, NULL) == -1 || setgid(NOBODY) == -1 || setuid(NOBODY) == -1)
        skip("this user cannot become another one");
}

/* Only root can read the descriptors of a process that is not dumpable. */
static void hold_untraceable(void *unused)
{
    (void)unused;
    become_nobody();
    CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
    acquire(".", "untraceable");
    say(&starter, 'h');
    hear(&starter);
}

static void ask(void *pid)
{
    ralph_lock_error *error;

    become_nobody();
    CHECK(kill(*(pid_t *)pid, 0) == 0);
    errno = 0;
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_signal_holder(".", SIGKILL, &error));
    CHECK(errno == EACCES && ralph_lock_error_os_code(error) == EACCES);
    CHECK_TEXT("./" RALPH_LOCK_FILE, ralph_lock_error_path(error));
    CHECK(strstr(ralph_lock_error_message(error), " has descriptors that this process may not see") != NULL);
    /* The mode of the lock file is not the reason. */
    CHECK(strstr(ralph_lock_error_message(error), "chmod") == NULL);
    ralph_lock_error_free(error);
}

int main(void)
{
    process holder, asker;

    if (geteuid() != 0)
        skip("only root can become another user");
    CHECK(chdir(new_workspace()) == 0 && chmod(".", 0777) == 0);
    holder = start(hold_untraceable, NULL);
    if (hear(&holder) != 'h')
        skip("this user cannot become another one");
    asker = start(ask, &holder.pid);
    CHECK(reap(&asker) == 0);
    dismiss(&holder);
    return 0;
}
