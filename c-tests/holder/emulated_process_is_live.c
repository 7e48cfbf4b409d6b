/* A process whose emulator shows it a false start time is LIVE, to itself and to other processes. */
#include "holders.h"

/* What qemu-user shows a process about itself; other processes read the kernel's text. */
static void make_up_own_stat(void)
{
    char *folder = remember(getcwd(NULL, 0));
    char *fields = stat_of(getpid());
    char *rest = fields;
    char *made_up;
    int i;

    for (i = 3; i < 22; i++)
        rest = strchr(rest, ' ') + 1;
    rest[-1] = '\0';
    made_up = path_of("%d (made up) %s 4711 %s", (int)getpid(), fields, strchr(rest, ' ') + 1);
    write_file(path_of("%s/stat", folder), made_up, strlen(made_up));
    have_private_mounts();
    CHECK(mount("stat", path_of("/proc/%d/stat", (int)getpid()), "none", MS_BIND, "") == 0);
}

static void hold_emulated(void *root)
{
    ralph_lock_guard *guard;

    make_up_own_stat();
    guard = acquire(root, "emulated");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_SELF, root);
    say(&starter, 'h');
    hear(&starter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

int main(void)
{
    char *root = new_workspace();
    process holder = start(hold_emulated, root);

    if (hear(&holder) == 'h') {
        CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_OTHER, root);
        say(&holder, 'x');
    }
    finish_or_skip(&holder);
    return 0;
}
