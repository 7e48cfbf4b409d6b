/* signal_holder does not signal a running process on record that no longer has the lock: one that called exec while
 * another process took the lock, or one that handed its lock over. It signals one that handed over a copy and kept its
 * own. */
#include "inspecting.h"

static void check_not_live(const char *root)
{
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_NOT_LIVE, ralph_lock_signal_holder(root, SIGKILL, &error));
    CHECK(strstr(ralph_lock_error_message(error), "does not hold it") != NULL);
    CHECK_TEXT(lock_file_of(root), ralph_lock_error_path(error));
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_NOT_LIVE, ralph_lock_signal_holder(root, 0, NULL));
}

static void check_runs(const process *child)
{
    siginfo_t ended;

    ended.si_pid = 0;
    CHECK(waitid(P_PID, (id_t)child->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0);
}

static void run_another_program(void *root)
{
    acquire(root, "before exec");
    CHECK(dup2(starter.from, 0) == 0);
    execlp("cat", "cat", (char *)NULL);
    CHECK(!"cat runs");
}

static void executed(void)
{
    char *root = new_workspace();
    process holder = start(run_another_program, root), other;

    while (access(lock_file_of(root), F_OK) == -1 || is_blank(lock_file_of(root)) || is_locked(root))
        sched_yield();
    other = hold_plainly(root, LOCK_EX);
    check_not_live(root);
    check_runs(&holder);
    check_runs(&other);
    dismiss(&other);
    close(holder.to);
    holder.to = -1;
    finish(&holder);
}

/* The end of this pipe ends the heir. */
static int heirs_line[2];

static void heir_body(void *unused)
{
    char nothing;

    (void)unused;
    close(heirs_line[1]);
    CHECK(read(heirs_line[0], &nothing, 1) == 0);
}

/* On 'c' it closes its own copy. */
static void hand_over_body(void *root)
{
    ralph_lock_guard *guard = acquire(root, "handed over");
    process heir;
    int32_t fd;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_into_fd(guard, &fd, NULL));
    heir = start(heir_body, NULL);
    (void)heir;
    say(&starter, 'h');
    CHECK(hear(&starter) == 'c' && close(fd) == 0);
    say(&starter, 'c');
    hear(&starter);
}

static void handed_over(void)
{
    char *root = new_workspace();
    process holder;

    open_pipe(heirs_line);
    holder = start(hand_over_body, root);
    CHECK(hear(&holder) == 'h');
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder(root, 0, NULL));
    say(&holder, 'c');
    CHECK(hear(&holder) == 'c');
    CHECK(is_locked(root));
    check_not_live(root);
    check_runs(&holder);
    dismiss(&holder);
    close(heirs_line[1]);
}

int main(void)
{
    executed();
    handed_over();
    return 0;
}
