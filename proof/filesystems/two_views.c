/* two_views VIEW OTHER one|two: two paths to the same workspace. Where the kernel sees one file system there is one lock,
 * and the refusal names the holder. Where it sees two file systems there are two locks: both processes get one, and neither
 * can notice. The probe knows such FUSE file systems by their type, which is printed. */
#include "check.h"

#include <sys/vfs.h>

/* The type of the file system in /proc/self/mountinfo (proc_pid_mountinfo(5)). */
static char *type_of(const char *root)
{
    FILE *mounts = fopen("/proc/self/mountinfo", "r");
    char line[4096], point[4096], type[256];
    char *path = realpath(root, NULL), *found = NULL;
    size_t longest = 0;

    CHECK(mounts != NULL && path != NULL);
    while (fgets(line, sizeof line, mounts) != NULL) {
        char *options = strstr(line, " - ");
        size_t length;

        CHECK(sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1);
        CHECK(options != NULL && sscanf(options, " - %255s", type) == 1);
        length = strlen(point);
        if (length >= longest && strncmp(path, point, length) == 0 && (path[length] == '\0' || path[length] == '/')) {
            longest = length;
            free(found);
            found = path_of("%s", type);
        }
    }
    CHECK(fclose(mounts) == 0);
    CHECK(found != NULL);
    return found;
}

/* What the probe answers. Two descriptors of one mount exclude each other in all cases here, so that the answer comes from
 * the file system's type alone. bindfs gives itself none. */
static const char *probed(const char *root, const char *type)
{
    ralph_lock_filesystem verdict;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_probe_filesystem(root, &verdict, NULL));
    if (strcmp(type, "fuse") == 0) {
        CHECK(verdict == RALPH_LOCK_FILESYSTEM_UNKNOWN);
        return "UNKNOWN";
    }
    if (strncmp(type, "fuse.", 5) == 0) {
        CHECK(verdict == RALPH_LOCK_FILESYSTEM_NO_LOCKS);
        return "NO_LOCKS";
    }
    CHECK(verdict == RALPH_LOCK_FILESYSTEM_LOCAL);
    return "LOCAL";
}

int main(int count, char **arguments)
{
    const char *view, *other;
    struct statfs found;
    process holder;
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;
    bool one;

    CHECK(count == 4);
    view = arguments[1];
    other = arguments[2];
    one = strcmp(arguments[3], "one") == 0;
    holder = hold(view, "by the first path");
    CHECK(is_locked(view));
    check_held(view, "by the first path");
    if (one) {
        check_held(other, "by the first path");
        kill_hard(&holder);
        CHECK_STATUS(RALPH_LOCK_OK, try_only(other));
    } else {
        CHECK(!is_locked(other));
        guard = acquire(other, "by the other path");
        /* The holder runs: it left no record behind. */
        CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_guard_previous(guard, &metadata, NULL));
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
        /* A release would find the other holder's record, and on some file systems return RALPH_LOCK_LOST. */
        kill_hard(&holder);
    }
    CHECK(statfs(view, &found) == 0);
    printf("%s; %s, statfs %#lx, mountinfo %s\n", one ? "the second is refused" : "both got it",
           probed(view, type_of(view)), (unsigned long)found.f_type, type_of(view));
    return 0;
}
