/* With an access control list (acl(5)) on the root, the group bits of its mode are the list's mask. New objects inherit
 * a default list, so its users can lock; the owning group gets only what the list gives it. */
#include "users.h"

#include <endian.h>
#include <sys/xattr.h>

/* As in linux/posix_acl_xattr.h, little-endian. */
typedef struct entry {
    uint16_t tag, rights;
    uint32_t id;
} entry;

#define ENTRY(tag, rights, id) {htole16(tag), htole16(rights), htole32(id)}

enum { OWNER = 0x01, USER = 0x02, GROUP = 0x04, MASK = 0x10, OTHERS = 0x20 };

/* Gives the current directory a list that allows Bob everything, and its group only to read. */
static void set_list(const char *kind)
{
    struct {
        uint32_t version;
        entry entries[5];
    } list = {htole32(2),
              {ENTRY(OWNER, 7, UINT32_MAX), ENTRY(USER, 7, BOB), ENTRY(GROUP, 5, UINT32_MAX),
               ENTRY(MASK, 7, UINT32_MAX), ENTRY(OTHERS, 5, UINT32_MAX)}};

    if (setxattr(".", kind, &list, sizeof list, 0) == -1)
        skip("this file system has no access control lists");
}

int main(void)
{
    struct stat found;

    enter_workspace_of(ALICE, TEAM, 0755);
    set_list("system.posix_acl_access");
    set_list("system.posix_acl_default");
    CHECK(stat(".", &found) == 0 && (found.st_mode & 0070) == 0070);
    run_as(ALICE, 077, lock_and_release, NULL);
    run_as(BOB, 077, lock_and_release, NULL);
    CHECK(chdir("..") == 0);

    /* Without a default list nothing is inherited, and the mask is not taken for the group's permissions. */
    enter_workspace_of(ALICE, TEAM, 0755);
    set_list("system.posix_acl_access");
    run_as(ALICE, 022, lock_and_release, NULL);
    CHECK(stat(RALPH_LOCK_FILE, &found) == 0 && (found.st_mode & 0777) == 0644);
    CHECK(stat(".ralph", &found) == 0 && (found.st_mode & 0777) == 0755);
    return 0;
}
