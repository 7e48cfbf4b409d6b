/* The parts that both floors share. */
#ifndef FLOORS_H
#define FLOORS_H

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The flags of open(2) for everything but the root. */
#define ALWAYS (O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)

/* As long as a record of the library. */
static char record[512], blanks[512];
static size_t length;

static void make_record(void)
{
    snprintf(record, sizeof record,
             "{\n  \"pid\": %d,\n  \"started\": \"2026-01-01T00:00:00.123456789Z\",\n  \"prompt\": \"benchmark\",\n"
             "  \"holder\": {\"host\":\"benchmark\",\"boot_id\":\"00000000-0000-0000-0000-000000000000\","
             "\"pid_ns\":4026531836,\"time_ns\":4026531834,\"start_time\":1234567}\n}",
             (int)getpid());
    length = strlen(record);
    memset(blanks, ' ', length);
}

/* Reads a file in /proc to its end; 0 if it cannot. */
static int read_proc(const char *name)
{
    char text[4096];
    ssize_t size;
    int end, file = open(name, O_RDONLY | ALWAYS);

    if (file == -1)
        return 0;
    size = pread(file, text, sizeof text, 0);
    end = size > 0 && pread(file, text, sizeof text, size) == 0;
    close(file);
    return end;
}

/* Makes the calls that identify a running process; 0 if it cannot. */
static int identify(int pid)
{
    char name[64];

    snprintf(name, sizeof name, "/proc/%d/task/%d/stat", pid, pid);
    return read_proc("/proc/thread-self/status") && read_proc(name);
}

#endif
