/* Files that root creates, for instance as an agent in a container, stay usable for the workspace's owner; so do those
 * of root in a user namespace (user_namespaces(7)). */
#include "users.h"

static void check_given(unsigned mask)
{
    CHECK_ACCESS(".ralph", ALICE, TEAM, 0777U & ~mask);
    CHECK_ACCESS(RALPH_LOCK_FILE, ALICE, TEAM, 0666U & ~mask);
    CHECK_ACCESS(".ralph/.gitignore", ALICE, TEAM, 0666U & ~mask);
    run_as(ALICE, mask, lock_and_release, NULL);
}

static void as_root_of_a_namespace(void *unused)
{
    char *map = path_of("0 %d 1", ALICE);
    char *groups = path_of("0 %d 1", ALICE);

    (void)unused;
    /* A process that has changed its user may not write its own files in /proc (proc(5)). */
    CHECK(prctl(PR_SET_DUMPABLE, 1) == 0);
    if (unshare(CLONE_NEWUSER) == -1)
        exit(77);
    write_file("/proc/self/setgroups", "deny", 4);
    write_file("/proc/self/uid_map", map, strlen(map));
    write_file("/proc/self/gid_map", groups, strlen(groups));
    CHECK(geteuid() == 0);
    lock_and_release(NULL);
}

int main(void)
{
    enter_workspace_of(ALICE, TEAM, 0755);
    umask(022);
    lock_and_release(NULL);
    check_given(022);
    CHECK(chdir("..") == 0);

    umask(077);
    enter_workspace_of(ALICE, TEAM, 0700);
    lock_and_release(NULL);
    check_given(077);
    CHECK(chdir("..") == 0);

    /* So does a chosen lock file, with the directories above it. */
    enter_workspace_of(ALICE, TEAM, 0755);
    umask(022);
    {
        ralph_lock_options *options = timeout_of(0);

        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(options, "build/locks/deploy"));
        CHECK_STATUS(RALPH_LOCK_OK, wait_only(".", options));
        ralph_lock_options_free(options);
    }
    CHECK_ACCESS("build", ALICE, TEAM, 0755);
    CHECK_ACCESS("build/locks", ALICE, TEAM, 0755);
    CHECK_ACCESS("build/locks/deploy", ALICE, TEAM, 0644);
    CHECK(access("build/locks/.gitignore", F_OK) == -1 && errno == ENOENT);
    CHECK(chdir("..") == 0);

    enter_workspace_of(ALICE, TEAM, 0755);
    run_as(ALICE, 022, as_root_of_a_namespace, NULL);
    CHECK_ACCESS(RALPH_LOCK_FILE, ALICE, ALICE, 0644);
    run_as(ALICE, 022, lock_and_release, NULL);
    return 0;
}
