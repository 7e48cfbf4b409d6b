/* The first acquire creates .ralph and the lock file; the record is pretty-printed JSON, and release blanks it. */
#include "check.h"

int main(void)
{
    char *root = new_workspace();
    char *file = lock_file_of(root);
    char *start = path_of("{\n  \"pid\": %d,\n  \"started\": \"", (int)getpid());
    ralph_lock_guard *guard;
    struct stat found;
    const char *prompt = "\",\n  \"prompt\": \"implement \\\"auth\\\"\"";
    const char *rest;
    char *record;
    int year, length = 0;

    guard = acquire(root, "implement \"auth\"");
    CHECK_TEXT(file, ralph_lock_guard_path(guard));
    CHECK(stat(path_of("%s/.ralph", root), &found) == 0 && S_ISDIR(found.st_mode));
    CHECK(lstat(file, &found) == 0 && S_ISREG(found.st_mode));

    record = read_file(file, NULL);
    CHECK(strncmp(record, start, strlen(start)) == 0);
    rest = record + strlen(start);
    CHECK(sscanf(rest, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*9[0-9]Z%n", &year, &length) == 1 && length > 0);
    CHECK(year >= 2025);
    rest += length;
    CHECK(strncmp(rest, prompt, strlen(prompt)) == 0);
    rest += strlen(prompt);
    /* Other keys may follow. */
    CHECK(strncmp(rest, ",\n  \"", 5) == 0 || strncmp(rest, "\n}", 2) == 0);

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(lstat(file, &found) == 0 && S_ISREG(found.st_mode));
    CHECK(is_blank(file));
    return 0;
}
