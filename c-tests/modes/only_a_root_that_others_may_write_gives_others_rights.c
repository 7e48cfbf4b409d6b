/* Other users get access where they may write the root, but not in a sticky one such as /tmp; the group gets none where
 * it may not write the root. */
#include "users.h"

static void check(mode_t root, mode_t folder, mode_t file)
{
    enter_workspace_of(ALICE, ALICE, root);
    run_as(ALICE, 077, lock_and_release, NULL);
    CHECK_ACCESS(".ralph", ALICE, ALICE, folder);
    CHECK_ACCESS(RALPH_LOCK_FILE, ALICE, ALICE, file);
    CHECK_ACCESS(".ralph/.gitignore", ALICE, ALICE, file);
    CHECK(chdir("..") == 0);
}

int main(void)
{
    check(0777, 0777, 0666);
    check(01777, 0770, 0660);
    check(0757, 0707, 0606);
    check(0755, 0700, 0600);
    check(0700, 0700, 0600);
    return 0;
}
