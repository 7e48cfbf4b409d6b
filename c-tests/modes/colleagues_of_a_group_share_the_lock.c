/* In a group-writable workspace one colleague can lock what another created, whatever their umasks, with and without
 * set-group-ID on the root. */
#include "users.h"

static void share(mode_t root, mode_t mask)
{
    enter_workspace_of(ALICE, TEAM, root);
    run_as(ALICE, mask, lock_and_release, NULL);
    CHECK_ACCESS(".ralph", ALICE, TEAM, (0777U & ~mask) | 0070);
    CHECK_ACCESS(RALPH_LOCK_FILE, ALICE, TEAM, (0666U & ~mask) | 0060);
    CHECK_ACCESS(".ralph/.gitignore", ALICE, TEAM, (0666U & ~mask) | 0060);
    run_as(BOB, mask, lock_and_release, NULL);
    /* Bob can repair the workspace, too. */
    run_as(EVE, mask, be_refused, NULL);
    CHECK(chdir("..") == 0);
}

int main(void)
{
    const mode_t masks[] = {022, 077, 027, 002};
    size_t i;

    for (i = 0; i < sizeof masks / sizeof *masks; i++) {
        share(02775, masks[i]);
        share(0775, masks[i]);
        share(02770, masks[i]);
    }
    return 0;
}
