/* A foreign record that does not fit into memory gives RALPH_LOCK_IO with ENOMEM, whatever it contains, and never ends
 * the process. */
#include "check.h"

static char *root;
static size_t mebibytes;

static void body(void *unused)
{
    struct rlimit limit;
    FILE *file = fopen("/proc/self/statm", "r");
    long pages;
    ralph_lock_metadata *metadata;
    ralph_lock_guard *guard;
    ralph_lock_error *error;
    ralph_lock_status status;
    int i;

    (void)unused;
    CHECK(file != NULL && fscanf(file, "%ld", &pages) == 1 && fclose(file) == 0);
    limit.rlim_cur = limit.rlim_max = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (mebibytes << 20);
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    for (i = 0; i < 2; i++) {
        status = i == 0 ? ralph_lock_read_existing(root, &metadata, &error)
                        : ralph_lock_try_acquire(root, "p", &guard, &metadata, &error);
        if (status == RALPH_LOCK_IO)
            CHECK(errno == ENOMEM && ralph_lock_error_os_code(error) == ENOMEM);
        else
            CHECK(status == RALPH_LOCK_OK || status == RALPH_LOCK_NOT_FOUND);
        ralph_lock_metadata_summary(metadata);
        ralph_lock_metadata_free(metadata);
        ralph_lock_error_free(error);
    }
}

static void write_record(const char *before, const char *piece, const char *after)
{
    char block[1 << 16] = "";
    FILE *file;
    size_t i;

    for (i = 0; i + strlen(piece) < sizeof block; i += strlen(piece))
        strcpy(block + i, piece);

    CHECK(mkdir(path_of("%s/.ralph", root), 0777) == 0 || errno == EEXIST);
    file = fopen(lock_file_of(root), "w");
    CHECK(file != NULL && fputs(before, file) >= 0);
    for (i = 0; i < (16U << 20) / sizeof block; i++)
        CHECK(fputs(block, file) >= 0);
    CHECK(fputs(after, file) >= 0 && fclose(file) == 0);
}

int main(void)
{
    const char *records[][3] = {
        {"{\"pid\":1,\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"", "x", "\"}"},
        {"{\"pid\":1,\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"", "\\n", "\"}"},
        {"{\"pid\":1,\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"", "\\u0000", "\"}"},
        {"{\"pid\":1,\"prompt\":\"p\",\"started\":\"", "\\n", "\"}"},
        {"{\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"p\",\"pid\":\"", "\\n", "\"}"},
        {"{\"pid\":1,\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"p\",\"", "\\n", "\":1}"},
        {"{\"pid\":1,\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"p\",\"holder\":{\"host\":\"", "\\n", "\"}}"},
        {"{\"pid\":1,\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"p\",\"x\":", "[", ""},
        {"\"", "\\n", "\""},
        {"[", "{\"a\":", ""},
    };
    size_t i;

    root = new_workspace();
    for (i = 0; i < sizeof records / sizeof *records; i++) {
        write_record(records[i][0], records[i][1], records[i][2]);
        /* Too little memory for the text, for parsing it, and for a copy of the prompt. */
        for (mebibytes = 10; mebibytes <= 50; mebibytes += 20) {
            process reader = start(body, NULL);
            int status = reap(&reader);

            if (status != 0)
                fail(__FILE__, __LINE__, "record %zu with %zu MiB ended with %x", i, mebibytes, (unsigned)status);
            /* The acquire succeeded, and the record it found is dropped. */
            if (is_blank(lock_file_of(root)))
                write_record(records[i][0], records[i][1], records[i][2]);
        }
    }
    return 0;
}
