// Boost.Interprocess's file_lock, measured: `boost ROOT`, see worker.h. Its documentation has the caller make the
// file once, and a lock of it: that is a record lock of fcntl(2), which a process has only once.
#include "../ours/worker.h"

#include <boost/interprocess/sync/file_lock.hpp>
#include <memory>
#include <string>

using boost::interprocess::file_lock;

static std::string path;
static std::unique_ptr<file_lock> held;

static void acquire()
{
    held = std::make_unique<file_lock>(path.c_str());
    if (!held->try_lock())
        fail("file_lock");
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

static void refused()
{
    file_lock lock(path.c_str());

    if (lock.try_lock())
        fail("file_lock");
}

static void prepare(const char *argument)
{
    path = std::string(argument) + "/boost";
    fclose(fopen(path.c_str(), "a"));
}

int main(int argc, char **argv)
{
    static const operation operations[] = {
        {"pair", pair, nullptr},
        {"take", acquire, nullptr},
        {"release", release, nullptr},
        {"refused", refused, nullptr},
        {nullptr, nullptr, nullptr},
    };

    return work(argc, argv, prepare, operations);
}
