/* Commands inside a loop that holds the lock. Below tmux or setsid(1), or in a container, the holder is not an ancestor
 * of its loop's processes, but they inherit its environment. */
#include "lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Its words are the tokens of the locks held around a process, the innermost first. */
static const char VARIABLE[] = "RALPH_LOCK_TOKEN";

enum { TOKEN_SIZE = 64 };

/* No two records of the same lock have the same token. */
static void token_of(const ralph_lock_metadata *holder, char token[TOKEN_SIZE])
{
    snprintf(token, TOKEN_SIZE, "%u@%s", (unsigned)ralph_lock_metadata_pid(holder),
             ralph_lock_metadata_started_rfc3339(holder));
}

static bool has_token(const ralph_lock_metadata *holder)
{
    const char *words = getenv(VARIABLE);
    char token[TOKEN_SIZE];
    size_t length;

    token_of(holder, token);
    while (words != NULL && *words != '\0') {
        length = strcspn(words, " ");
        if (length == strlen(token) && strncmp(words, token, length) == 0)
            return true;
        words += length + strspn(words + length, " ");
    }
    return false;
}

bool is_own_loop(const ralph_lock_metadata *holder)
{
    ralph_lock_liveness liveness = ralph_lock_metadata_liveness(holder);

    if (holder == NULL)
        return false;
    if (ralph_lock_metadata_relation(holder) == RALPH_LOCK_RELATION_ANCESTOR)
        return true;
    /* If the holder has died, another process may hold the lock. */
    return liveness != RALPH_LOCK_LIVENESS_DEAD && liveness != RALPH_LOCK_LIVENESS_RECYCLED && has_token(holder);
}

bool is_in_loop(void)
{
    const char *words = getenv(VARIABLE);

    return words != NULL && *words != '\0';
}

void export_token(const target *lock)
{
    const char *outer = getenv(VARIABLE);
    size_t size = TOKEN_SIZE + (outer != NULL ? strlen(outer) : 0) + 1;
    ralph_lock_state state;
    ralph_lock_metadata *record = NULL;
    char *words = malloc(size), token[TOKEN_SIZE];

    if (words != NULL &&
        ralph_lock_inspect_with(lock->root, lock->options, &state, &record, NULL) == RALPH_LOCK_OK && record != NULL) {
        token_of(record, token);
        snprintf(words, size, "%s%s%s", token, outer != NULL ? " " : "", outer != NULL ? outer : "");
        setenv(VARIABLE, words, 1);
    }
    ralph_lock_metadata_free(record);
    free(words);
}
