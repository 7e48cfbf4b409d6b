/* `core ROOT ROUNDS PEER`: processes take the lock in turns themselves and through ralph-core: each has a process PEER,
 * which is killed now and then. They exclude each other and read each other's records. */
#include "watchers.h"
#include "workers.h"

enum { WORKERS = 6, WATCHERS = 3 };

static const char *peer_program;
static int rounds;

/* A process that obeys commands with ralph-core. */
typedef struct peer {
    process line;
    FILE *to, *from;
    int life;
} peer;

static void become_peer(void *unused)
{
    (void)unused;
    end_with_starter();
    CHECK(dup2(starter.from, 0) == 0 && dup2(starter.to, 1) == 1);
    execl(peer_program, peer_program, "ralph-core", "obey", shared->root, NULL);
    fail(__FILE__, __LINE__, "%s: %s", peer_program, strerror(errno));
}

static peer start_peer(void)
{
    peer it;

    it.line = start(become_peer, NULL);
    it.to = fdopen(it.line.to, "w");
    it.from = fdopen(it.line.from, "r");
    it.life = begin_life(it.line.pid, false);
    CHECK(it.to != NULL && it.from != NULL);
    return it;
}

static void hear_line(peer *it, char line[64])
{
    CHECK(fgets(line, 64, it->from) != NULL);
}

static void hear_exactly(peer *it, const char *expected)
{
    char line[64];

    hear_line(it, line);
    CHECK_TEXT(expected, line);
}

static void end_peer(peer *it, bool hard)
{
    if (hard)
        CHECK(kill(it->line.pid, SIGKILL) == 0);
    fclose(it->to);
    fclose(it->from);
    CHECK(waitpid(it->line.pid, NULL, 0) == it->line.pid);
}

/* Takes the lock through ralph-core. */
static void take_by_core(worker *me, peer *it)
{
    me->serial = begin_attempt(it->life);
    shared->slot[me->slot].serial = me->serial;
    make_prompt(me->prompt, me->serial, &me->chance);
    doing(me, "waits for ralph-core");
    CHECK(fprintf(it->to, "acquire %lu\n%s", (unsigned long)strlen(me->prompt), me->prompt) > 0);
    CHECK(fflush(it->to) == 0);
    hear_exactly(it, "held\n");
    doing(me, "has the lock through ralph-core");
    enter(me);
    dwell(me);
    leave(me);
    if (below(&me->chance, 16) == 0) {
        store(&shared->life[it->life].doomed, now());
        end_peer(it, true);
        store(&shared->life[it->life].gone, now());
        *it = start_peer();
        count(KILLS);
    } else {
        CHECK(fputs("release\n", it->to) > 0 && fflush(it->to) == 0);
        hear_exactly(it, "released\n");
        store(&shared->attempt[me->serial].let_go, now());
    }
    shared->slot[me->slot].done++;
    count(BY_CORE);
}

/* Checks, as the holder, that ralph-core reads its record. */
static void check_read_by_core(const worker *me, peer *it)
{
    char line[64], *read = malloc(PROMPT_MAX + 1);
    unsigned long pid, length;

    CHECK(read != NULL && fputs("read\n", it->to) > 0 && fflush(it->to) == 0);
    hear_line(it, line);
    CHECK(sscanf(line, "%lu %lu", &pid, &length) == 2 && length <= PROMPT_MAX);
    CHECK(fread(read, 1, length, it->from) == length);
    read[length] = '\0';
    CHECK(pid == (unsigned long)getpid());
    CHECK_TEXT(me->prompt, read);
    free(read);
    count(READ_BY_CORE);
}

static void take_by_turns(void *argument)
{
    worker *me = begin_work(*(int *)argument, begin_life(getpid(), true), false);
    peer core;
    int i;

    end_with_starter();
    core = start_peer();
    for (i = 0; i < rounds; i++) {
        ralph_lock_guard *guard;

        if (below(&me->chance, 2) == 0) {
            take_by_core(me, &core);
            continue;
        }
        new_wish(me);
        guard = take(me);
        enter(me);
        check_previous(me, guard);
        dwell(me);
        if (below(&me->chance, 4) == 0)
            check_read_by_core(me, &core);
        leave(me);
        give_up(me, guard);
    }
    end_work(me);
    end_peer(&core, false);
}

int main(int arguments, char **argument)
{
    process workers[WORKERS], watchers[WATCHERS];
    int i;

    CHECK(arguments == 4);
    begin_storm("ralph-core", argument[1]);
    rounds = atoi(argument[2]);
    peer_program = argument[3];
    fill_pool(shared->seed);
    for (i = 0; i < WORKERS; i++)
        workers[i] = start(take_by_turns, &i);
    start_watchers(watchers, WATCHERS);
    finish_all(workers, WORKERS);
    store(&shared->stop, 1);
    finish_all(watchers, WATCHERS);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(shared->root));
    check_state(shared->root, RALPH_LOCK_STATE_FREE, NULL);
    report("acquired", ACQUIRED);
    report("by_core", BY_CORE);
    report("read_by_core", READ_BY_CORE);
    report("kills", KILLS);
    report("previous", PREVIOUS);
    report("records", RECORDS);
    report("large", LARGE);
    return 0;
}
