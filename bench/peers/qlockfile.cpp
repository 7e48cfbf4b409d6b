// Qt's QLockFile, measured: `qlockfile ROOT`, see worker.h. It names the holder: pid, program and host.
#include "../ours/worker.h"

#include <QLockFile>
#include <QString>
#include <memory>

static QString path;
static std::string name;
static std::unique_ptr<QLockFile> held;

static void acquire()
{
    held = std::make_unique<QLockFile>(path);
    if (!held->tryLock(0))
        fail("QLockFile");
}

static void release()
{
    held->unlock();
    held.reset();
}

static void pair()
{
    acquire();
    release();
}

static int64_t disk(int count)
{
    return releases_after_disk(count, name.c_str(), acquire, release);
}

static void record()
{
    QLockFile lock(path);
    QString host, program;
    qint64 pid;

    if (!lock.getLockInfo(&pid, &host, &program) || pid == 0)
        fail("QLockFile::getLockInfo");
}

static void refused()
{
    QLockFile lock(path);
    QString host, program;
    qint64 pid;

    if (lock.tryLock(0) || !lock.getLockInfo(&pid, &host, &program) || pid == 0)
        fail("QLockFile");
}

static void prepare(const char *argument)
{
    name = std::string(argument) + "/qlockfile";
    path = QString::fromStdString(name);
}

int main(int argc, char **argv)
{
    static const operation operations[] = {
        {"pair", pair, nullptr},
        {"disk", nullptr, disk},
        {"take", acquire, nullptr},
        {"release", release, nullptr},
        {"refused", refused, nullptr},
        {"record", record, nullptr},
        {nullptr, nullptr, nullptr},
    };

    return work(argc, argv, prepare, operations);
}
