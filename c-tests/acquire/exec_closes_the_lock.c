/* A program that a holder starts does not inherit the lock: exec closes its copy. */
#include "check.h"

static int to_cat[2], from_cat[2];

static void hold_and_exec(void *root)
{
    acquire(root, "starts a program");
    if (fork() == 0) {
        dup2(to_cat[0], STDIN_FILENO);
        dup2(from_cat[1], STDOUT_FILENO);
        execlp("cat", "cat", (char *)NULL);
        fail(__FILE__, __LINE__, "there is no cat");
    }
    hear(&starter);
}

int main(void)
{
    char *root = new_workspace();
    process holder, cat = {0, 0, 0};

    open_pipe(to_cat);
    open_pipe(from_cat);
    holder = start(hold_and_exec, root);
    cat.to = to_cat[1];
    cat.from = from_cat[0];
    close(from_cat[1]);

    /* The answer shows that the exec is over. */
    say(&cat, '1');
    CHECK(hear(&cat) == '1');
    CHECK(try_only(root) == RALPH_LOCK_ALREADY_LOCKED);
    kill_hard(&holder);
    CHECK(!is_locked(root));
    CHECK(try_only(root) == RALPH_LOCK_OK);
    say(&cat, '2');
    CHECK(hear(&cat) == '2');

    close(cat.to);
    CHECK(hear(&cat) == '\0');
    return 0;
}
