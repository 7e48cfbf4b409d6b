/* The library may be loaded and unloaded at any time: with a guard held, and with threads that end later. */
#include "check.h"
#include "threads.h"

#include <dlfcn.h>

enum { ROUNDS = 200 };

/* The library, loaded at run time; this program is not linked to it. */
typedef struct library {
    void *handle;
    ralph_lock_status (*try_acquire)(const char *, const char *, ralph_lock_guard **,
                                     ralph_lock_metadata **, ralph_lock_error **);
    ralph_lock_status (*release)(ralph_lock_guard *);
    ralph_lock_status (*is_locked)(const char *, bool *, ralph_lock_error **);
} library;

static char *root;
static int used[2], unloaded[2];

/* C has no cast from an object pointer to a function pointer; POSIX makes the bytes fit. */
static void find(void *handle, const char *name, void *function)
{
    void *found = dlsym(handle, name);

    CHECK(found != NULL);
    memcpy(function, &found, sizeof found);
}

#ifdef __APPLE__
#define LIBRARY "libralph_lock.dylib"
#else
#define LIBRARY "libralph_lock.so"
#endif

static library load(void)
{
    library loaded;

    loaded.handle = dlopen(path_of("%s/" LIBRARY, getenv("RALPH_LOCK_TEST_LIBRARIES")), RTLD_NOW | RTLD_LOCAL);
    if (loaded.handle == NULL)
        fail(__FILE__, __LINE__, "%s", dlerror());
    find(loaded.handle, "ralph_lock_try_acquire", &loaded.try_acquire);
    find(loaded.handle, "ralph_lock_release", &loaded.release);
    find(loaded.handle, "ralph_lock_is_locked", &loaded.is_locked);
    return loaded;
}

static void unload(library *loaded)
{
    CHECK(dlclose(loaded->handle) == 0);
}

/* Uses the library, and ends after it is unloaded. */
static void *use_and_outlive(void *unused)
{
    library loaded = load();
    ralph_lock_guard *guard;
    char letter = 'u';

    (void)unused;
    CHECK_STATUS(RALPH_LOCK_OK, loaded.try_acquire(root, "thread", &guard, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, loaded.release(guard));
    unload(&loaded);
    CHECK(write(used[1], &letter, 1) == 1);
    CHECK(read(unloaded[0], &letter, 1) == 1);
    return NULL;
}

int main(void)
{
    ralph_lock_guard *guard;
    library loaded;
    bool locked;
    int i;

    root = new_workspace();
    CHECK(pipe(used) == 0 && pipe(unloaded) == 0);
    for (i = 0; i < ROUNDS; i++) {
        loaded = load();
        CHECK_STATUS(RALPH_LOCK_OK, loaded.try_acquire(root, "loaded", &guard, NULL, NULL));
        CHECK_STATUS(RALPH_LOCK_OK, loaded.release(guard));
        unload(&loaded);
    }

    for (i = 0; i < ROUNDS; i++) {
        char letter;
        pthread_t thread = start_thread(use_and_outlive, NULL);

        loaded = load();
        CHECK(read(used[0], &letter, 1) == 1);
        unload(&loaded);
        CHECK(write(unloaded[1], &letter, 1) == 1);
        join(thread);
    }

    for (i = 0; i < ROUNDS; i++) {
        loaded = load();
        CHECK_STATUS(RALPH_LOCK_OK, loaded.try_acquire(root, "kept", &guard, NULL, NULL));
        unload(&loaded);
        loaded = load();
        CHECK_STATUS(RALPH_LOCK_OK, loaded.is_locked(root, &locked, NULL));
        CHECK(locked);
        CHECK_STATUS(RALPH_LOCK_OK, loaded.release(guard));
        CHECK_STATUS(RALPH_LOCK_OK, loaded.is_locked(root, &locked, NULL));
        CHECK(!locked);
        unload(&loaded);
    }
    return 0;
}
