/* While two processes hand a lock back and forth, a reader sees the record of one of them or none, never a mixture, and
 * a contender is refused with one of them as the holder, or with none. */
#include "check.h"
#include "handover.h"

enum { HAND_OVERS = 8 + MANY(392) };

static char *root;
static pid_t players[2];

/* A prompt repeats one letter: lower case from the first player, upper case from the second. With these lengths records
 * are blanked in place or truncated, and are longer or shorter than the one before, or as long, so that a mixture would
 * look right. */
static char *prompt_of(int turn)
{
    static const size_t lengths[] = {1, 3000, 3000, 200000, 200000, 70000, 70000, 40, 4100, 9000};
    size_t length = lengths[turn % 10];
    char *prompt = malloc(length + 1);

    CHECK(prompt != NULL);
    memset(prompt, (turn % 2 == 0 ? 'a' : 'A') + turn % 26, length);
    prompt[length] = '\0';
    return prompt;
}

/* Checks that the prompt is one of these, whole. */
static void check_whole(const ralph_lock_metadata *record)
{
    const char *prompt = ralph_lock_metadata_prompt(record);
    size_t length = strlen(prompt), i;
    int player = prompt[0] >= 'a' ? 0 : 1, turn;

    CHECK(length > 0);
    CHECK(ralph_lock_metadata_pid(record) == (uint32_t)players[player]);
    CHECK(ralph_lock_metadata_liveness(record) == RALPH_LOCK_LIVENESS_LIVE);
    for (i = 1; i < length; i++)
        CHECK(prompt[i] == prompt[0]);
    for (turn = 0; turn < 130; turn++) {
        char *expected = prompt_of(turn);
        bool same = strcmp(expected, prompt) == 0;

        free(expected);
        if (same)
            return;
    }
    fail(__FILE__, __LINE__, "%lu times '%c' is not a player's prompt", (unsigned long)length, prompt[0]);
}

/* Reads in one way until it is told to stop, and prints how many records it saw. */
static void watch(void *argument)
{
    int way = *(int *)argument;
    ralph_lock_metadata *record;
    ralph_lock_guard *guard;
    ralph_lock_state state;
    ralph_lock_status status;
    long seen = 0, none = 0;

    CHECK(read(starter.from, players, sizeof players) == sizeof players);
    do {
        if (way == 0) {
            status = ralph_lock_read_existing(root, &record, NULL);
            CHECK(status == RALPH_LOCK_OK || status == RALPH_LOCK_NOT_FOUND);
            CHECK((record != NULL) == (status == RALPH_LOCK_OK));
        } else if (way == 1) {
            CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_inspect(root, &state, &record, NULL));
            CHECK(state == RALPH_LOCK_STATE_HELD);
        } else {
            CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "try", &guard, &record, NULL));
            CHECK(guard == NULL);
        }
        if (record != NULL) {
            check_whole(record);
            seen++;
        } else {
            none++;
        }
        ralph_lock_metadata_free(record);
    } while (!is_spoken_to(&starter));
    CHECK(seen > 0);
    printf("way %d: %ld records, %ld times none\n", way, seen, none);
}

/* Takes every second turn, starting with the given one; the lock arrives and leaves over the socket. */
static void play(int turn, int socket)
{
    int descriptors = open_descriptors(), fd = -1;

    for (; turn < HAND_OVERS; turn += 2) {
        char *prompt = prompt_of(turn);
        ralph_lock_guard *guard;

        fd = turn == 0 ? -1 : receive_fd(socket);
        guard = turn == 0 ? acquire(root, prompt) : adopt(root, prompt, fd);
        check_holder(root, getpid(), prompt);
        if (turn == 0) {
            say(&starter, 'h');
            CHECK(hear(&starter) == 'g');
        }
        free(prompt);
        if (turn == HAND_OVERS - 1) {
            say(&starter, 'e');
            CHECK(hear(&starter) == 'r');
            CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
            break;
        }
        fd = into_fd(guard);
        send_fd(socket, fd);
        close(fd);
    }
    CHECK(open_descriptors() == descriptors);
}

static int sockets[2];

static void play_first(void *unused)
{
    (void)unused;
    play(0, sockets[0]);
    /* The process on record lives until the other one has adopted. */
    hear(&starter);
}

static void play_second(void *unused)
{
    (void)unused;
    play(1, sockets[1]);
}

int main(void)
{
    process first, second, watchers[3];
    int i;

    root = new_workspace();
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
    first = start(play_first, NULL);
    CHECK(hear(&first) == 'h');
    second = start(play_second, NULL);
    players[0] = first.pid;
    players[1] = second.pid;
    for (i = 0; i < 3; i++) {
        watchers[i] = start(watch, &i);
        CHECK(write(watchers[i].to, players, sizeof players) == sizeof players);
    }
    say(&first, 'g');
    CHECK(hear(&second) == 'e');
    for (i = 0; i < 3; i++) {
        say(&watchers[i], 'e');
        finish(&watchers[i]);
    }
    say(&second, 'r');
    finish(&second);
    say(&first, 'e');
    finish(&first);
    check_free(root);
    return 0;
}
