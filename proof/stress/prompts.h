/* Prompts that can be checked: of 0 bytes to 1 MiB, with a number, a length and a checksum inside. */
#ifndef PROMPTS_H
#define PROMPTS_H

#include "board.h"

enum { PROMPT_MAX = 1 << 20, HEAD_MAX = 48 };

/* Every prompt is a part of this text. */
static char pool[PROMPT_MAX + 1];

/* Letters of one to four bytes, and those that JSON escapes. */
static void fill_pool(uint64_t seed)
{
    static const char *const letters[] = {"a", "b", "c", "X", "Y", "0", "9", " ", "\"", "\\", "\n", "{", "}", ":",
                                          "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9d\x84\x9e"};
    size_t length = 0;

    while (length + 4 <= PROMPT_MAX) {
        const char *letter = letters[below(&seed, (int)(sizeof letters / sizeof *letters))];

        length += strlen(strcpy(pool + length, letter));
    }
    memset(pool + length, 'z', PROMPT_MAX - length);
}

static uint64_t checksum(const char *text, size_t length)
{
    uint64_t sum = length, word;

    for (; length >= sizeof word; text += sizeof word, length -= sizeof word) {
        memcpy(&word, text, sizeof word);
        sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
        sum ^= sum >> 29;
    }
    for (; length > 0; text++, length--)
        sum = (sum ^ (unsigned char)*text) * 0x9e3779b97f4a7c15u;
    return sum;
}

/* Mostly short, some around the 4 KiB that are blanked in place, few of any length up to the longest. */
static size_t choose_length(uint64_t *chance)
{
    int kind = below(chance, 10000);

    if (kind < shared->long_ones)
        return kind % 5 == 0 ? PROMPT_MAX : HEAD_MAX + (size_t)below(chance, PROMPT_MAX - HEAD_MAX);
    kind = below(chance, 100);
    if (kind < 1)
        return HEAD_MAX + (size_t)below(chance, 1 << 16);
    if (kind < 10)
        return HEAD_MAX + (size_t)below(chance, 8192);
    return kind < 15 ? 0 : HEAD_MAX + (size_t)below(chance, 200);
}

static bool is_inside_a_letter(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Writes the prompt of that number. */
static void make_prompt(char text[PROMPT_MAX + 1], int serial, uint64_t *chance)
{
    size_t length = choose_length(chance), begin, end;
    int head;

    text[0] = '\0';
    if (length == 0)
        return;
    begin = (size_t)below(chance, (int)(PROMPT_MAX - (length - HEAD_MAX)));
    end = begin + length - HEAD_MAX;
    while (begin < end && is_inside_a_letter(pool[begin]))
        begin++;
    while (end > begin && is_inside_a_letter(pool[end]))
        end--;
    head = snprintf(text, HEAD_MAX, "%d %lu %llx", serial, (unsigned long)(end - begin),
                    (unsigned long long)checksum(pool + begin, end - begin));
    memset(text + head, '.', (size_t)(HEAD_MAX - head));
    memcpy(text + HEAD_MAX, pool + begin, end - begin);
    text[length - (length - HEAD_MAX - (end - begin))] = '\0';
}

/* Checks that a record is whole and was written, and returns its number: 0 for an empty prompt, which any of the
 * processes can have written. */
static int check_record(const ralph_lock_metadata *record)
{
    const char *prompt = ralph_lock_metadata_prompt(record);
    pid_t pid = (pid_t)ralph_lock_metadata_pid(record);
    int64_t started = ralph_lock_metadata_started_unix_ns(record), before = 0;
    unsigned long length;
    unsigned long long sum;
    int serial, i, head = 0;

    CHECK(prompt != NULL);
    count(RECORDS);
    if (prompt[0] == '\0') {
        for (i = 1; i <= load(&shared->lives); i++)
            if (shared->life[i].pid == pid)
                return 0;
        fail(__FILE__, __LINE__, "process %d is on record with an empty prompt, and took no lock", (int)pid);
    }
    if (sscanf(prompt, "%d %lu %llx%n", &serial, &length, &sum, &head) != 3
        || strspn(prompt + head, ".") < (size_t)(HEAD_MAX - head) || serial < 1 || serial > load(&shared->serials))
        fail(__FILE__, __LINE__, "a prompt of process %d begins with \"%.60s\"", (int)pid, prompt);
    if (strlen(prompt + HEAD_MAX) != length || checksum(prompt + HEAD_MAX, length) != sum)
        fail(__FILE__, __LINE__, "number %d of process %d, %lu bytes long, is torn or mixed", serial, (int)pid,
             length);
    if (shared->life[shared->attempt[serial].life].pid != pid)
        fail(__FILE__, __LINE__, "number %d is not process %d's", serial, (int)pid);
    if (!__atomic_compare_exchange_n(&shared->attempt[serial].started, &before, started, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST)
        && before != started)
        fail(__FILE__, __LINE__, "number %d of process %d has started twice", serial, (int)pid);
    if (length > 60000)
        count(LARGE);
    return serial;
}

/* The same for the record of the holder that a call named which began at that moment: that holder had not released the
 * lock before. (A record that outlives its lock, as ralph-core's does, is seen until the next holder has cleared it.) */
static int check_holder_on_record(const ralph_lock_metadata *record, int began)
{
    int serial = check_record(record), end = serial == 0 ? 0 : let_go(serial);
    ralph_lock_liveness liveness;

    if (end != 0 && end < began && shared->life[shared->attempt[serial].life].ends_its_records)
        fail(__FILE__, __LINE__, "number %d of process %d is named at %d and had released the lock at %d", serial,
             (int)ralph_lock_metadata_pid(record), began, end);
    liveness = ralph_lock_metadata_liveness(record);
    if (serial != 0 && (liveness == RALPH_LOCK_LIVENESS_DEAD || liveness == RALPH_LOCK_LIVENESS_RECYCLED)
        && !is_ending(serial))
        fail(__FILE__, __LINE__, "number %d of process %d is called dead", serial,
             (int)ralph_lock_metadata_pid(record));
    return serial;
}

#endif
