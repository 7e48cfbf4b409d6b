// Shared by the parts of this program: checks, workspaces, and processes that wait for each other.
#ifndef CHECK_HPP
#define CHECK_HPP

#include <ralph_lock.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

// Ends the program unless the condition holds.
#define CHECK(condition) ((condition) ? void() : fail(__FILE__, __LINE__, #condition))

// The same for the status of a result, an error or a status.
#define CHECK_STATUS(expected, actual)                                                                       \
    check_status(__FILE__, __LINE__, #actual, ralph_lock::status::expected, actual)

[[noreturn]] inline void fail(const char *file, int line, const std::string &what)
{
    std::cerr << file << ':' << line << ": " << what << " (errno: " << std::strerror(errno)
              << ")\n";
    std::exit(1);
}

inline void check_status(const char *file, int line, const char *what, ralph_lock::status expected,
                         ralph_lock::status actual)
{
    if (actual != expected)
        fail(file, line, std::string(what) + ", which is " + name(actual) + ", is " + name(expected));
}

template <class Outcome> void check_status(const char *file, int line, const char *what,
                                           ralph_lock::status expected, const Outcome &actual)
{
    check_status(file, line, what, expected, actual.status());
}

// A new, empty folder below the current one, which the test runner makes and removes.
inline std::filesystem::path new_workspace()
{
    std::string root = std::filesystem::current_path() / "workspace-XXXXXX";

    CHECK(mkdtemp(root.data()) != nullptr);
    return root;
}

// Whether the workspace's lock is held.
inline bool held(const std::filesystem::path &root) { return ralph_lock::is_locked(root).value(); }

// How often a thread has gone to sleep; nothing while it is not asleep.
inline std::string sleeps_of(pid_t thread)
{
    std::ifstream file("/proc/" + std::to_string(thread) + "/status");
    std::string line, count;
    bool asleep = false;

    while (std::getline(file, line)) {
        CHECK(line.find("State:\tZ") != 0); // it has ended
        asleep = asleep || line.find("State:\tS") == 0;
        if (line.find("voluntary_ctxt_switches:") == 0)
            count = line;
    }
    return asleep ? count : "";
}

// Waits until a thread sleeps and stays asleep: it is blocked.
inline void until_asleep(pid_t thread)
{
    std::string before, after;

    do {
        before = sleeps_of(thread);
        CHECK(poll(nullptr, 0, 20) == 0);
        after = sleeps_of(thread);
    } while (before.empty() || before != after);
}

// Whether a signal has arrived since listen(). It interrupts waits.
inline volatile std::sig_atomic_t signals = 0;

inline void listen()
{
    struct sigaction action = {};

    action.sa_handler = [](int) { signals = 1; };
    CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
}

// A forked process, and a line to it in both directions.
class process {
public:
    template <class Body> explicit process(const Body &body)
    {
        int down[2], up[2];

        CHECK(pipe(down) == 0 && pipe(up) == 0);
        std::cout.flush();
        pid = fork();
        CHECK(pid >= 0);
        to_ = pid == 0 ? up[1] : down[1];
        from_ = pid == 0 ? down[0] : up[0];
        close(pid == 0 ? up[0] : up[1]);
        close(pid == 0 ? down[1] : down[0]);
        if (pid == 0) {
            body(*this);
            _exit(0);
        }
    }
    process(const process &) = delete;
    process &operator=(const process &) = delete;
    ~process()
    {
        close(to_);
        close(from_);
    }

    // Sends one letter to the other side.
    void say(char letter) const { CHECK(write(to_, &letter, 1) == 1); }

    // Waits for a letter; '\0' when the other side is gone.
    char hear() const
    {
        char letter = '\0';
        ssize_t count;

        do
            count = read(from_, &letter, 1);
        while (count == -1 && errno == EINTR);
        CHECK(count >= 0);
        return letter;
    }

    // Waits for its end and returns its wait status.
    int reap() const
    {
        int ended = 0;

        while (waitpid(pid, &ended, 0) != pid)
            CHECK(errno == EINTR);
        return ended;
    }

    // It must exit with status 0.
    void finish() const { CHECK(reap() == 0); }

    // Ends it as a crash does.
    void kill_hard() const
    {
        CHECK(kill(pid, SIGKILL) == 0);
        CHECK(WTERMSIG(reap()) == SIGKILL);
    }

    // Returns when it is blocked.
    void until_asleep() const { ::until_asleep(pid); }

    pid_t pid = -1;

private:
    int to_ = -1;
    int from_ = -1;
};

// The body of a process that holds a lock: it says 'h', and releases at the next letter or when the other side is gone.
inline auto holding(const std::filesystem::path &root, const char *prompt)
{
    return [root, prompt](const process &starter) {
        const ralph_lock::guard guard = ralph_lock::try_acquire(root, prompt).value();

        starter.say('h');
        starter.hear();
    };
}

#endif
