/* When the creator cannot give an object the root's group, the library adds no permissions for the group it has. */
#include "users.h"

int main(void)
{
    /* Alice owns the workspace, and is not in its group. */
    enter_workspace_of(ALICE, EVE, 0775);
    run_as(ALICE, 022, lock_and_release, NULL);
    CHECK_ACCESS(".ralph", ALICE, ALICE, 0755);
    CHECK_ACCESS(RALPH_LOCK_FILE, ALICE, ALICE, 0644);
    CHECK_ACCESS(".ralph/.gitignore", ALICE, ALICE, 0644);
    return 0;
}
