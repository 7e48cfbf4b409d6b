/* A lock file chosen with set_lock_file excludes only callers that chose the same one; paths out of the root are
 * refused. */
#include "check.h"

static const char *const out_of_root[] = {"",     ".",    "/",       "/tmp/x", "..",        "../x",   "a/..",
                                          "a/../b", "./..", "a/b/../..", "a/",     "a/b.lock/", "a/.",    "./",
                                          "./.",  "//a"};

static ralph_lock_guard *acquire_at(const char *root, const ralph_lock_options *options, const char *prompt)
{
    ralph_lock_guard *guard;
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_acquire_with(root, prompt, options, &guard, NULL, &error);

    if (status != RALPH_LOCK_OK)
        fail(__FILE__, __LINE__, "cannot acquire: %s", ralph_lock_error_message(error));
    return guard;
}

static void check_refusals(void)
{
    char *root = new_workspace();
    ralph_lock_options *options = timeout_of(0);
    ralph_lock_guard *guard;
    struct dirent **entries;
    size_t i;
    int count;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(options, "build/deploy.lock"));
    for (i = 0; i < sizeof out_of_root / sizeof *out_of_root; i++) {
        if (ralph_lock_options_set_lock_file(options, out_of_root[i]) != RALPH_LOCK_INVALID_ARGUMENT)
            fail(__FILE__, __LINE__, "\"%s\" was accepted", out_of_root[i]);
        /* The options are as before. */
        guard = acquire_at(root, options, "still");
        CHECK_TEXT(path_of("%s/build/deploy.lock", root), ralph_lock_guard_path(guard));
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    }
    /* Nothing but the lock file, ".." and ".". */
    count = scandir(path_of("%s/build", root), &entries, NULL, NULL);
    CHECK(count == 3);
    while (count > 0)
        free(entries[--count]);
    free(entries);
    CHECK(access(path_of("%s/a", root), F_OK) == -1);
    CHECK(access(lock_file_of(root), F_OK) == -1);
    ralph_lock_options_free(options);
}

static void check_excludes_only_itself(const char *lock_file)
{
    char *root = new_workspace();
    char *path = path_of("%s/%s", root, lock_file);
    ralph_lock_options *options = timeout_of(0);
    ralph_lock_options *waiting = timeout_of(20);
    ralph_lock_guard *guard, *none, *own;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(options, lock_file));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(waiting, lock_file));
    guard = acquire_at(root, options, "deploys");
    CHECK_TEXT(path, ralph_lock_guard_path(guard));
    CHECK(!is_blank(path));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK(access(lock_file_of(root), F_OK) == -1);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_acquire_with(root, "x", options, &none, &holder, &error));
    CHECK_TEXT("deploys", ralph_lock_metadata_prompt(holder));
    CHECK_TEXT(path, ralph_lock_error_path(error));
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, wait_only(root, waiting));

    own = acquire(root, "works");
    check_held(root, "works");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(is_blank(path));
    CHECK_STATUS(RALPH_LOCK_OK, wait_only(root, waiting));
    /* NULL selects the workspace's own lock again. */
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(options, NULL));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, wait_only(root, options));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(own));
    CHECK_STATUS(RALPH_LOCK_OK, wait_only(root, options));
    ralph_lock_options_free(options);
    ralph_lock_options_free(waiting);
}

/* The root itself is not created. */
static void check_missing_root(void)
{
    ralph_lock_options *options = timeout_of(0);
    ralph_lock_guard *guard;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(options, "build/deploy.lock"));
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_acquire_with("missing", "x", options, &guard, NULL, NULL));
    CHECK(errno == ENOENT);
    CHECK(access("missing", F_OK) == -1);
    ralph_lock_options_free(options);
}

int main(void)
{
    check_refusals();
    check_excludes_only_itself("deploy.lock");
    check_excludes_only_itself("build/deploy.lock");
    check_excludes_only_itself("very/deep/below/the/root/x");
    check_excludes_only_itself("./build//deploy.lock");
    check_excludes_only_itself("..x");
    check_missing_root();
    return 0;
}
