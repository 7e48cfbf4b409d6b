// Qt's QLockFile as one process of the benchmark of waiting; the letters are those of handoff.c.
#include <QLockFile>
#include <QString>
#include <cstdio>
#include <ctime>
#include <unistd.h>

static long long now(clockid_t clock)
{
    timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int, char **argv)
{
    QLockFile lock(QString::fromLocal8Bit(argv[1]) + QStringLiteral("/qlockfile"));
    char letter;

    while (read(STDIN_FILENO, &letter, 1) == 1) {
        long long moment, cpu = 0;
        if (letter == 'a') {
            cpu = now(CLOCK_PROCESS_CPUTIME_ID);
            if (!lock.lock())
                return 1;
            moment = now(CLOCK_MONOTONIC);
            cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        } else {
            moment = now(CLOCK_MONOTONIC);
            lock.unlock();
        }
        dprintf(STDOUT_FILENO, "%lld %lld\n", moment, cpu);
    }
}
