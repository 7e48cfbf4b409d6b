/* Every status has its name and its own message, other numbers have none, and the versions agree. */
#include "check.h"

#include <stdint.h>

/* Programs choose by version in the preprocessor. */
#if RALPH_LOCK_VERSION_NUMBER < 1 || 2 * RALPH_LOCK_VERSION_NUMBER < RALPH_LOCK_VERSION_NUMBER + 1
#error "the version is not a number"
#endif

/* Checked for other versions too: the zeros in this one would hide a wrong factor. */
enum { THIS_VERSION = RALPH_LOCK_VERSION_NUMBER };
enum { THIS_MAJOR = RALPH_LOCK_VERSION_MAJOR, THIS_MINOR = RALPH_LOCK_VERSION_MINOR, THIS_PATCH = RALPH_LOCK_VERSION_PATCH };
#undef RALPH_LOCK_VERSION_MAJOR
#undef RALPH_LOCK_VERSION_MINOR
#undef RALPH_LOCK_VERSION_PATCH
#define RALPH_LOCK_VERSION_MAJOR 12
#define RALPH_LOCK_VERSION_MINOR 34
#define RALPH_LOCK_VERSION_PATCH 56
#if RALPH_LOCK_VERSION_NUMBER != 12034056
#error "the version number does not match its parts"
#endif

#define STATUS(name, value) {name, value, #name}

int main(void)
{
    static const struct {
        ralph_lock_status status;
        int32_t value;
        const char *name;
    } statuses[] = {
        STATUS(RALPH_LOCK_OK, 0),
        STATUS(RALPH_LOCK_ALREADY_LOCKED, 1),
        STATUS(RALPH_LOCK_NOT_FOUND, 2),
        STATUS(RALPH_LOCK_TIMED_OUT, 3),
        STATUS(RALPH_LOCK_CANCELLED, 4),
        STATUS(RALPH_LOCK_INTERRUPTED, 5),
        STATUS(RALPH_LOCK_LOST, 6),
        STATUS(RALPH_LOCK_NOT_LIVE, 7),
        STATUS(RALPH_LOCK_INVALID_ARGUMENT, 100),
        STATUS(RALPH_LOCK_INVALID_HANDLE, 101),
        STATUS(RALPH_LOCK_IO, 102),
        STATUS(RALPH_LOCK_PARSE, 103),
        STATUS(RALPH_LOCK_UNSUPPORTED_PLATFORM, 104),
        STATUS(RALPH_LOCK_UNSUPPORTED_FILESYSTEM, 105),
        STATUS(RALPH_LOCK_PANIC, 106),
    };
    static const int32_t unknown[] = {-1, 8, 99, 107, 1000, INT32_MAX, INT32_MIN};
    const char *no_message = ralph_lock_status_message(-1);
    size_t count = sizeof statuses / sizeof *statuses;
    size_t i, j;

    for (i = 0; i < count; i++) {
        const char *message = ralph_lock_status_message(statuses[i].value);

        CHECK((int32_t)statuses[i].status == statuses[i].value);
        CHECK_TEXT(statuses[i].name, ralph_lock_status_name(statuses[i].value));
        CHECK(message != NULL && strlen(message) > 0);
        CHECK(strcmp(message, no_message) != 0);
        for (j = 0; j < i; j++)
            CHECK(strcmp(message, ralph_lock_status_message(statuses[j].value)) != 0);
        /* The strings are static. */
        CHECK(message == ralph_lock_status_message(statuses[i].value));
    }
    for (i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        CHECK_TEXT("RALPH_LOCK_UNKNOWN_STATUS", ralph_lock_status_name(unknown[i]));
        CHECK_TEXT(no_message, ralph_lock_status_message(unknown[i]));
    }
    CHECK(no_message != NULL && strlen(no_message) > 0);

    CHECK_TEXT(RALPH_LOCK_VERSION, ralph_lock_version());
    CHECK_TEXT(RALPH_LOCK_VERSION, path_of("%d.%d.%d", THIS_MAJOR, THIS_MINOR, THIS_PATCH));
    /* Minor and patch have three digits each, so the number grows with every version. */
    CHECK(THIS_MINOR < 1000 && THIS_PATCH < 1000);
    CHECK(THIS_VERSION == THIS_MAJOR * 1000000 + THIS_MINOR * 1000 + THIS_PATCH);
    CHECK_TEXT(".ralph/loop.lock", RALPH_LOCK_FILE);
    return 0;
}
