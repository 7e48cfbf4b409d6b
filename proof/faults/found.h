/* Checks what a step has done. */
#ifndef FOUND_H
#define FOUND_H

#include "perform.h"

static report *said;

#define WRONG(...) (said->wrong[0] == '\0' ? (void)snprintf(said->wrong, sizeof said->wrong, __VA_ARGS__) : (void)0)
#define EXPECT(condition) ((condition) ? (void)0 : WRONG("check failed: %s", #condition))

static void expect_judge(char verb, const char *expected)
{
    const char *found = judge(verb, root, file);

    if (strcmp(found, expected) != 0)
        WRONG("another process finds \"%s\" and not \"%s\"", found, expected);
}

static const char *below_root(const char *path)
{
    size_t length = strlen(root);

    return path != NULL && strncmp(path, root, length) == 0 ? path + length : path != NULL ? path : "";
}

/* Writes the outcome as text, and compares all the ways in which it was reported. */
static void tell(const step *what, report *into)
{
    ralph_lock_metadata *previous;
    const char *prompt = ralph_lock_metadata_prompt(metadata);
    bool gives_record = what->perform != metadata_free && prompt != NULL && ralph_lock_metadata_pid(metadata) != 0;
    const char *name = status == (ralph_lock_status)-1 ? "" : ralph_lock_status_name((int32_t)status) + 11;

    snprintf(into->answer, sizeof into->answer, "%s%s", name, *name == '\0' ? detail + 1 : detail);
    if (gives_record && *name != '\0')
        snprintf(strchr(into->answer, '\0'), 20, " %.*s", first_word(prompt), prompt);
    if (guard != NULL && ralph_lock_guard_previous(guard, &previous, NULL) == RALPH_LOCK_OK) {
        snprintf(strchr(into->answer, '\0'), 20, " after %.8s", ralph_lock_metadata_prompt(previous));
        ralph_lock_metadata_free(previous);
    }
    if (*name == '\0' || status == RALPH_LOCK_OK)
        return;
    /* These two have no error object. */
    if (what->perform == release || what->perform == cancel_trigger)
        into->os_code = code;
    else
        into->os_code = ralph_lock_error_os_code(error);
    if (into->os_code != 0)
        snprintf(strchr(into->answer, '\0'), 20, " %s", strerrorname_np(into->os_code));
    if (error == NULL)
        return;
    snprintf(into->about, sizeof into->about, "%s", below_root(ralph_lock_error_path(error)));
    EXPECT(ralph_lock_error_status(error) == status);
    EXPECT(into->os_code == 0 || into->os_code == code);
    EXPECT(*ralph_lock_error_message(error) != '\0');
    EXPECT(guard == NULL);
}

/* A caller that got OK has the lock, seen from another process, until it releases it. */
static void check_and_give_back(void)
{
    struct stat found;

    if (guard != NULL) {
        EXPECT(ralph_lock_guard_verify(guard, NULL) == RALPH_LOCK_OK);
        expect_judge('t', "ALREADY_LOCKED step");
        EXPECT(ralph_lock_release(guard) == RALPH_LOCK_OK);
    }
    if (own != NULL) {
        /* The step has not ended this guard. Its record exists if its file does. */
        bool in_place = ralph_lock_guard_verify(own, NULL) == RALPH_LOCK_OK;

        if (stat(lock_file, &found) == 0)
            expect_judge('t', in_place ? "ALREADY_LOCKED step" : "ALREADY_LOCKED");
        EXPECT(ralph_lock_release(own) == RALPH_LOCK_OK);
    }
    if (fd != -1) {
        EXPECT(fcntl(fd, F_GETFD) != -1);
        if (fd_has_lock && strncmp(judge('t', root, file), "ALREADY_LOCKED", 14) != 0)
            WRONG("the descriptor has lost its lock");
        close(fd);
    }
    ralph_lock_metadata_free(metadata);
    ralph_lock_error_free(error);
    ralph_lock_waiter_free(waiter);
    ralph_lock_options_free(options);
    if (has_thread) {
        char letter;

        /* It may be waiting still. */
        (void)(send(line[0], "-", 1, MSG_DONTWAIT) == 1);
        MUST(pthread_join(thread, NULL) == 0);
        while (recv(line[0], &letter, 1, MSG_DONTWAIT) == 1 || recv(line[1], &letter, 1, MSG_DONTWAIT) == 1)
            continue;
    }
    ralph_lock_cancel_free(cancel);
}

/* No process has the lock any more, the file has no partial record, and every process can take the lock. */
static void check_free(void)
{
    const char *found;

    MUST(seteuid(0) == 0);
    found = judge('r', root, file);
    if (strcmp(found, "OK") != 0)
        WRONG("the holder's release gives %s", found);
    found = judge('e', root, file);
    if (strncmp(found, "free ", 5) != 0 || strcmp(found, "free half") == 0)
        WRONG("afterwards the lock file is %s", found);
    expect_judge('t', "OK");
    CALL(ralph_lock_try_acquire(root, "again", &guard, NULL, NULL));
    if (status != RALPH_LOCK_OK)
        WRONG("taking it again gives %s", ralph_lock_status_name((int32_t)status));
    else if (ralph_lock_read_existing(root, &metadata, NULL) == RALPH_LOCK_OK) {
        /* Facts that could not be determined during the fault appear in later records. */
        EXPECT(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_LIVE);
        EXPECT(ralph_lock_metadata_relation(metadata) == RALPH_LOCK_RELATION_SELF);
        ralph_lock_metadata_free(metadata);
    } else
        WRONG("the record of the process that takes it again cannot be read");
    EXPECT(ralph_lock_release(guard) == RALPH_LOCK_OK);
    found = judge('e', root, file);
    if (strcmp(found, "free blank") != 0 && strcmp(file, RALPH_LOCK_FILE) == 0)
        WRONG("at the end the lock file is %s", found);
}

static int open_descriptors(void)
{
    int count = 0, number;

    for (number = 0; number < 64; number++)
        if (fcntl(number, F_GETFD) != -1)
            count++;
    return count;
}

#endif
