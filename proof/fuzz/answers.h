/* What objects and numbers say. */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "options.h"

static void call_metadata_pid(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);
    uint32_t pid = ralph_lock_metadata_pid(metadata);

    CHECK(found != NULL || pid == 0);
    CHECK(found == NULL || !found->known || pid == found->record.pid);
}

static void call_metadata_started_unix_ns(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);
    int64_t started = ralph_lock_metadata_started_unix_ns(metadata);

    CHECK(found != NULL || started == 0);
    CHECK(found == NULL || !found->known || started == found->record.started);
}

static void call_metadata_started_rfc3339(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);

    CHECK((ralph_lock_metadata_started_rfc3339(metadata) != NULL) == (found != NULL));
    if (found != NULL)
        check_started(metadata);
}

static void call_metadata_prompt(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);
    const char *prompt = ralph_lock_metadata_prompt(metadata);

    CHECK((prompt != NULL) == (found != NULL));
    CHECK(found == NULL || !found->known || strcmp(prompt, found->record.prompt) == 0);
}

static void call_metadata_host(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);
    const char *host = ralph_lock_metadata_host(metadata);

    CHECK(found != NULL || host == NULL);
    if (host != NULL)
        check_text(host);
    CHECK(found == NULL || !found->known || !found->record.is_ours || host != NULL);
}

static void call_metadata_liveness(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);
    ralph_lock_liveness liveness = ralph_lock_metadata_liveness(metadata);

    CHECK(found != NULL || liveness == RALPH_LOCK_LIVENESS_UNKNOWN);
    CHECK(found == NULL || !found->known || (liveness == RALPH_LOCK_LIVENESS_LIVE) == found->record.is_ours);
}

static void call_metadata_relation(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);
    ralph_lock_relation relation = ralph_lock_metadata_relation(metadata);

    CHECK(found != NULL || relation == RALPH_LOCK_RELATION_UNKNOWN);
    CHECK(found == NULL || !found->known || (relation == RALPH_LOCK_RELATION_SELF) == found->record.is_ours);
}

static void call_metadata_local_pid(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);
    uint32_t pid = ralph_lock_metadata_local_pid(metadata);

    CHECK(found != NULL || pid == 0);
    CHECK(found == NULL || !found->known || pid == (found->record.is_ours ? found->record.pid : 0));
}

static void call_metadata_summary(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);
    const char *summary = ralph_lock_metadata_summary(metadata);

    check_line(summary);
    if (found == NULL)
        CHECK(strcmp(summary, "an unknown process, which left no record") == 0);
    else
        CHECK(strncmp(summary, "process ", strlen("process ")) == 0);
    CHECK(found == NULL || !found->known || strtoul(summary + strlen("process "), NULL, 10) == found->record.pid);
}

static void call_metadata_free(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);

    ralph_lock_metadata_free(metadata);
    end(metadata, METADATA);
}

static void call_error_status(void)
{
    ralph_lock_error *which = pick_handle(ERROR);
    object *found = find(which, ERROR);

    expect("error_status",
           ONE(found != NULL   ? found->status
               : which == NULL ? RALPH_LOCK_OK
                               : RALPH_LOCK_INVALID_HANDLE),
           ralph_lock_error_status(which));
}

static void call_error_os_code(void)
{
    ralph_lock_error *which = pick_handle(ERROR);
    object *found = find(which, ERROR);

    CHECK(ralph_lock_error_os_code(which) == (found != NULL ? found->os_code : 0));
}

static void call_error_message(void)
{
    check_line(ralph_lock_error_message(pick_handle(ERROR)));
}

static void call_error_path(void)
{
    ralph_lock_error *which = pick_handle(ERROR);
    const char *path = ralph_lock_error_path(which);

    CHECK(path == NULL || (find(which, ERROR) != NULL && strlen(path) > 0));
}

static void call_error_free(void)
{
    ralph_lock_error *which = pick_handle(ERROR);

    ralph_lock_error_free(which);
    end(which, ERROR);
}

static int32_t pick_number(void)
{
    return usually() ? (int32_t)byte() : (int32_t)(uint32_t)word();
}

static void call_status_name(void)
{
    const char *name = ralph_lock_status_name(pick_number());

    check_line(name);
    CHECK(strncmp(name, "RALPH_LOCK_", strlen("RALPH_LOCK_")) == 0);
}

static void call_status_message(void)
{
    check_line(ralph_lock_status_message(pick_number()));
}

static void call_version(void)
{
    CHECK(strcmp(ralph_lock_version(), RALPH_LOCK_VERSION) == 0);
}

#endif
