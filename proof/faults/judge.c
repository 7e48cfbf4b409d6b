/* The other process: it obstructs a step on command, and afterwards reports the lock's state as seen from outside. */
#include "faults.h"

#include <sys/prctl.h>
#include <sys/socket.h>

typedef struct request {
    char verb;
    char root[200];
    char file[60];
} request;

static int judge_line[2];

/* The locks that the judge has. */
static ralph_lock_guard *held;
static int raw = -1;
static pid_t mortal = -1;
static pid_t keeper = -1;

static const char *name_of(ralph_lock_status status)
{
    return ralph_lock_status_name((int32_t)status) + strlen("RALPH_LOCK_");
}

int first_word(const char *text)
{
    return text == NULL ? 0 : (int)strcspn(text, " ");
}

static ralph_lock_status take(const request *asked, const char *prompt, ralph_lock_guard **guard,
                              ralph_lock_metadata **holder)
{
    ralph_lock_options *options = ralph_lock_options_new();
    ralph_lock_status status;

    MUST(ralph_lock_options_set_timeout_ms(options, 0) == RALPH_LOCK_OK);
    MUST(ralph_lock_options_set_lock_file(options, asked->file) == RALPH_LOCK_OK);
    status = ralph_lock_acquire_with(asked->root, prompt, options, guard, holder, NULL);
    ralph_lock_options_free(options);
    return status;
}

/* Whether the lock can be taken; else its holder. */
static void try_it(const request *asked, char *answer, size_t room)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder = NULL;
    ralph_lock_status status = take(asked, "judge", &guard, &holder);
    const char *prompt = ralph_lock_metadata_prompt(holder);

    if (status == RALPH_LOCK_OK)
        status = ralph_lock_release(guard);
    snprintf(answer, room, "%s%s%.*s", name_of(status), prompt ? " " : "", first_word(prompt), prompt ? prompt : "");
    ralph_lock_metadata_free(holder);
}

/* A process that holds the lock, and possibly a child that has inherited its descriptor. */
static void start_mortal(const request *asked, bool leaves)
{
    ralph_lock_guard *guard;
    int ready[2];

    MUST(pipe(ready) == 0);
    mortal = fork();
    MUST(mortal >= 0);
    if (mortal == 0) {
        MUST(take(asked, "mortal", &guard, NULL) == RALPH_LOCK_OK);
        if (leaves) {
            keeper = fork();
            MUST(keeper >= 0);
        }
        if (keeper != 0)
            MUST(write(ready[1], &keeper, sizeof keeper) == sizeof keeper);
        for (;;)
            pause();
    }
    MUST(read(ready[0], &keeper, sizeof keeper) == sizeof keeper);
    close(ready[0]), close(ready[1]);
}

static void end(pid_t *process)
{
    if (*process != -1) {
        MUST(kill(*process, SIGKILL) == 0);
        MUST(waitpid(*process, NULL, 0) == *process);
    }
    *process = -1;
}

static void let_go(char *answer, size_t room)
{
    snprintf(answer, room, "%s", name_of(ralph_lock_release(held)));
    held = NULL;
    if (raw != -1)
        close(raw);
    raw = -1;
    end(&mortal);
    end(&keeper);
}

/* The view from outside: whether it is held, and the file's text. */
static void examine(const request *asked, char *answer, size_t room)
{
    ralph_lock_metadata *record;
    char path[300], text[8192];
    int file, probe;
    ssize_t length;
    bool is_held;

    snprintf(path, sizeof path, "%s/%s", asked->root, asked->file);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file == -1) {
        MUST(errno == ENOENT);
        snprintf(answer, room, "free no file");
        return;
    }
    length = read(file, text, sizeof text - 1);
    MUST(length >= 0);
    text[length] = '\0';
    probe = flock(file, LOCK_SH | LOCK_NB);
    is_held = probe == -1;
    close(file);
    if (text[strspn(text, " \n")] == '\0') {
        snprintf(answer, room, "%s blank", is_held ? "held" : "free");
        return;
    }
    if (strcmp(text, "no record") == 0) {
        snprintf(answer, room, "%s garbage", is_held ? "held" : "free");
        return;
    }
    /* The library reads the workspace's own lock file only, so another one is put in its place. */
    if (strcmp(asked->file, RALPH_LOCK_FILE) != 0) {
        snprintf(answer, room, "%s %s", is_held ? "held" : "free",
                 strstr(text, "\"prompt\": \"step") && strchr(text, '}') ? "step" : "half");
        return;
    }
    if (ralph_lock_read_existing(asked->root, &record, NULL) == RALPH_LOCK_OK)
        snprintf(answer, room, "%s %.*s", is_held ? "held" : "free", first_word(ralph_lock_metadata_prompt(record)),
                 ralph_lock_metadata_prompt(record));
    else
        snprintf(answer, room, "%s half", is_held ? "held" : "free");
    ralph_lock_metadata_free(record);
}

static void serve(const request *asked, char *answer, size_t room)
{
    char path[300];

    snprintf(path, sizeof path, "%s/%s", asked->root, asked->file);
    snprintf(answer, room, "done");
    switch (asked->verb) {
    case 'h': /* hold it */
        MUST(take(asked, "judge", &held, NULL) == RALPH_LOCK_OK);
        break;
    case 'n': /* hold it without a record */
    case 'p': /* ask for a long time whether it is held */
        raw = open(path, O_RDWR | O_CLOEXEC);
        MUST(flock(raw, (asked->verb == 'n' ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0);
        break;
    case 'R': /* lock the root, as flock(1) does with a directory */
    case 'S': /* ask for a long time whether the root is locked */
        raw = open(asked->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        MUST(raw != -1 && flock(raw, (asked->verb == 'R' ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0);
        break;
    case 'm': /* another process holds it */
        start_mortal(asked, false);
        break;
    case 'l': /* another process held it, has died, and left it to its child */
        start_mortal(asked, true);
        end(&mortal);
        break;
    case 'k':
        end(&mortal);
        break;
    case 'r':
        let_go(answer, room);
        break;
    case 't':
        try_it(asked, answer, room);
        break;
    case 'e':
        examine(asked, answer, room);
        break;
    default:
        MUST(!"the verb is known");
    }
}

void start_judge(void)
{
    pid_t child;

    MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, judge_line) == 0);
    child = fork();
    MUST(child >= 0);
    if (child == 0) {
        request asked;
        char answer[100];

        close(judge_line[0]);
        /* The judge adopts the mortal's child, so that it can wait for it. */
        MUST(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
        while (read(judge_line[1], &asked, sizeof asked) == sizeof asked) {
            serve(&asked, answer, sizeof answer);
            MUST(write(judge_line[1], answer, sizeof answer) == sizeof answer);
        }
        _exit(0);
    }
    close(judge_line[1]);
}

const char *judge(char verb, const char *root, const char *file)
{
    static char answer[100];
    request asked;

    memset(&asked, 0, sizeof asked);
    asked.verb = verb;
    snprintf(asked.root, sizeof asked.root, "%s", root);
    snprintf(asked.file, sizeof asked.file, "%s", file);
    MUST(write(judge_line[0], &asked, sizeof asked) == sizeof asked);
    MUST(read(judge_line[0], answer, sizeof answer) == sizeof answer);
    return answer;
}
