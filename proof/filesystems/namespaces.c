/* namespaces: holders of other users and in user and pid namespaces, and what observers in each of these places learn about
 * them. Run by root in an empty directory. */
#include "holders.h"
#include "inspecting.h"

/* A user that is neither root nor NOBODY. */
#define STRANGER 12345

typedef enum place {
    ROOT,
    OWNER_OF_NOTHING,
    ANOTHER_USER,
    /* As `unshare --user --map-root-user` makes them for root and for another user. */
    ROOTS_USER_NAMESPACE,
    ANOTHER_USERS_NAMESPACE,
    /* Two namespaces, each with its own process 1. */
    PID_NAMESPACE,
    ANOTHER_PID_NAMESPACE,
    PLACES
} place;

static const char *const NAME[] = {"root", "nobody", "another user", "root in a user namespace",
                                   "another user, root in a user namespace", "a pid namespace", "another pid namespace"};

/* The places of a holder and an observer, and the holder's pid as recorded. */
typedef struct pair {
    place holder;
    place observer;
    uint32_t pid;
} pair;

static bool is_pid_namespace(place where)
{
    return where == PID_NAMESPACE || where == ANOTHER_PID_NAMESPACE;
}

static void become(unsigned user)
{
    CHECK(setgroups(0, NULL) == 0 && setgid(user) == 0 && setuid(user) == 0);
    /* A process that changed its user needs this to write its own uid_map. */
    CHECK(prctl(PR_SET_DUMPABLE, 1) == 0);
}

static void map_root_to(unsigned user)
{
    char *map = path_of("0 %u 1", user);

    CHECK(unshare(CLONE_NEWUSER) == 0);
    write_file("/proc/self/setgroups", "deny", 4);
    write_file("/proc/self/uid_map", map, strlen(map));
    write_file("/proc/self/gid_map", map, strlen(map));
    CHECK(getuid() == 0 && getgid() == 0);
}

/* Continues as process 1 of a new namespace, which is killed when the calling process ends. */
static void enter_pid_namespace(void)
{
    int status;
    pid_t first;

    begin_pid_namespace();
    first = fork();
    CHECK(first >= 0);
    if (first > 0) {
        CHECK(waitpid(first, &status, 0) == first);
        exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    CHECK(getpid() == 1);
    mount_own_proc("");
}

static void enter(place where)
{
    switch (where) {
    case OWNER_OF_NOTHING:
        become(NOBODY);
        break;
    case ANOTHER_USER:
        become(STRANGER);
        break;
    case ROOTS_USER_NAMESPACE:
        map_root_to(0);
        break;
    case ANOTHER_USERS_NAMESPACE:
        become(STRANGER);
        map_root_to(STRANGER);
        break;
    case PID_NAMESPACE:
    case ANOTHER_PID_NAMESPACE:
        enter_pid_namespace();
        break;
    default:
        break;
    }
}

static void hold_there(void *argument)
{
    const pair *who = argument;
    holding what = {".", NAME[who->holder]};

    enter(who->holder);
    hold_body(&what);
}

/* Says 'e' if kill(2) is not permitted, although the holder runs; else 'o'. */
static void observe_there(void *argument)
{
    const pair *who = argument;
    /* From the parent namespace root sees the processes of a pid namespace. */
    bool is_contained = is_pid_namespace(who->holder) && who->observer == ROOT;
    bool is_foreign = !is_contained && (is_pid_namespace(who->holder) || is_pid_namespace(who->observer));
    bool is_forbidden = false;
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;

    enter(who->observer);
    CHECK(is_locked("."));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(".", "second", &guard, &holder, NULL));
    CHECK_TEXT(NAME[who->holder], ralph_lock_metadata_prompt(holder));
    CHECK(ralph_lock_metadata_pid(holder) == who->pid);
    ralph_lock_metadata_free(holder);
    check_state(".", RALPH_LOCK_STATE_HELD, NAME[who->holder]);
    CHECK_HOLDER(is_foreign ? RALPH_LOCK_LIVENESS_FOREIGN : RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_OTHER, ".");
    if (is_foreign) {
        /* In this namespace the pid is another process's or unused. */
        CHECK_STATUS(RALPH_LOCK_NOT_LIVE, ralph_lock_signal_holder(".", SIGCONT, NULL));
    } else if (is_contained) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder(".", SIGCONT, NULL));
    } else if (kill((pid_t)who->pid, 0) == -1) {
        CHECK(errno == EPERM);
        is_forbidden = true;
    }
    say(&starter, is_forbidden ? 'e' : 'o');
}

/* Returns whether kill(2) was not permitted to the observer. */
static bool check_pair(place holder, place observer)
{
    pair who = {holder, observer, 0};
    process holding = start(hold_there, &who), observing;
    ralph_lock_guard *guard;
    ralph_lock_metadata *previous;
    bool is_forbidden;

    CHECK(hear(&holding) == 'h');
    who.pid = is_pid_namespace(holder) ? 1 : (uint32_t)holding.pid;
    observing = start(observe_there, &who);
    is_forbidden = hear(&observing) == 'e';
    finish(&observing);

    kill_hard(&holding);
    /* The processes of a namespace end a moment after the one that created it. */
    while (is_locked("."))
        sched_yield();
    check_state(".", RALPH_LOCK_STATE_STALE, NAME[holder]);
    guard = acquire(".", "next");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_previous(guard, &previous, NULL));
    CHECK(ralph_lock_metadata_pid(previous) == who.pid);
    ralph_lock_metadata_free(previous);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return is_forbidden;
}

int main(void)
{
    int holder, observer, forbidden = 0;

    CHECK(try_only(".") == RALPH_LOCK_OK);
    CHECK(chmod(".", 0755) == 0 && chmod(".ralph", 0777) == 0 && chmod(RALPH_LOCK_FILE, 0666) == 0);
    for (holder = 0; holder < PLACES; holder++)
        for (observer = 0; observer < PLACES; observer++)
            forbidden += check_pair((place)holder, (place)observer);
    CHECK(forbidden > 0);
    printf("%d pairs of holder and observer; in %d of them kill(2) was EPERM and the holder LIVE\n", PLACES * PLACES,
           forbidden);
    return 0;
}
