// A wait ends with the lock, at its deadline, by its token or by a signal, and by nothing else.
#include "check.hpp"

#include <limits>
#include <sys/syscall.h>
#include <thread>

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// A clock slower than the library's.
struct slow_clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<slow_clock>;
    static constexpr bool is_steady = true;
    static time_point now() { return time_point(steady_clock::now().time_since_epoch() / 3); }
};

static void durations_become_milliseconds()
{
    using ralph_lock::detail::milliseconds;
    constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

    CHECK(milliseconds(0s) == 0);
    CHECK(milliseconds(7ms) == 7);
    CHECK(milliseconds(1s + 1ns) == 1001);
    CHECK(milliseconds(1ns) == 1);
    CHECK(milliseconds(std::chrono::duration<float>(0.25F)) == 250);
    CHECK(milliseconds(24h) == 86400000);
    CHECK(milliseconds(-1ns) == 0);
    CHECK(milliseconds(std::chrono::hours::min()) == 0);
    CHECK(milliseconds(std::chrono::duration<double>(-std::numeric_limits<double>::infinity())) == 0);
    CHECK(milliseconds(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())) == 0);
    CHECK(milliseconds(std::chrono::hours::max()) == no_limit);
    CHECK(milliseconds(std::chrono::nanoseconds::max()) == no_limit);
    CHECK(milliseconds(std::chrono::duration<double>(std::numeric_limits<double>::infinity())) == no_limit);
}

static void time_points_become_milliseconds()
{
    using ralph_lock::detail::milliseconds_until;
    using std::chrono::system_clock;
    constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

    CHECK(milliseconds_until(steady_clock::time_point::max()) == no_limit);
    CHECK(milliseconds_until(steady_clock::time_point::min()) == 0);
    CHECK(milliseconds_until(system_clock::time_point::max()) == no_limit);
    CHECK(milliseconds_until(system_clock::time_point::min()) == 0);
    CHECK(milliseconds_until(std::chrono::time_point<system_clock, std::chrono::hours>::max()) == no_limit);
    CHECK(milliseconds_until(std::chrono::time_point<system_clock, std::chrono::hours>::min()) == 0);
    CHECK(milliseconds_until(steady_clock::now()) == 0);
    const auto hour = milliseconds_until(steady_clock::now() + 1h);
    CHECK(hour > 3000000 && hour <= 3600000);
}

static void end_at_their_time(const std::filesystem::path &root)
{
    const process child(holding(root, "in the way"));
    CHECK(child.hear() == 'h');
    const auto not_before = [&](auto time, const auto &attempt) {
        const auto start = steady_clock::now();
        const auto refused = attempt();
        CHECK_STATUS(timed_out, refused);
        CHECK(refused.error().holder()->prompt() == "in the way");
        CHECK(steady_clock::now() - start >= time);
    };

    not_before(20ms, [&] { return ralph_lock::try_acquire_for(root, "wait", 20ms); });
    not_before(1ns, [&] { return ralph_lock::try_acquire_for(root, "wait", 1ns); });
    not_before(20ms, [&] { return ralph_lock::try_acquire_until(root, "wait", steady_clock::now() + 20ms); });
    not_before(19ms, [&] {
        return ralph_lock::try_acquire_until(root, "wait", std::chrono::system_clock::now() + 20ms);
    });
    not_before(29ms, [&] { return ralph_lock::try_acquire_until(root, "wait", slow_clock::now() + 10ms); });

    // None of these waits.
    CHECK_STATUS(already_locked, ralph_lock::try_acquire(root, "wait"));
    CHECK_STATUS(already_locked, ralph_lock::try_acquire_for(root, "wait", 0s));
    CHECK_STATUS(already_locked, ralph_lock::try_acquire_for(root, "wait", -1h));
    CHECK_STATUS(already_locked, ralph_lock::try_acquire_until(root, "wait", steady_clock::now() - 1h));
    CHECK_STATUS(already_locked,
                 ralph_lock::try_acquire_until(root, "wait", steady_clock::time_point::min()));
    child.kill_hard();
}

// Each wait gets the lock when its holder is killed or releases, and not earlier.
template <class Wait> static void gets_the_lock(const std::filesystem::path &root, const Wait &wait)
{
    const process holder(holding(root, "in the way"));
    CHECK(holder.hear() == 'h');
    const process waiting([&](const process &starter) {
        const auto taken = wait();
        CHECK_STATUS(ok, taken);
        CHECK_STATUS(ok, taken->verify());
        starter.say('g');
    });
    waiting.until_asleep();
    holder.kill_hard();
    CHECK(waiting.hear() == 'g');
    waiting.finish();
}

static void end_with_the_lock(const std::filesystem::path &root)
{
    gets_the_lock(root, [&] { return ralph_lock::acquire(root, "wait"); });
    gets_the_lock(root, [&] { return ralph_lock::try_acquire_for(root, "wait", 1h); });
    gets_the_lock(root, [&] { return ralph_lock::try_acquire_for(root, "wait", std::chrono::hours::max()); });
    gets_the_lock(root, [&] {
        return ralph_lock::try_acquire_until(root, "wait", std::chrono::system_clock::time_point::max());
    });
}

static void end_by_their_token(const std::filesystem::path &root)
{
    const auto held = ralph_lock::try_acquire(root, "in the way");
    ralph_lock::options how;
    how.cancel = ralph_lock::cancel_token::create().value();
    const auto waits = [&](const auto &wait) {
        std::atomic<pid_t> waiting{0};
        std::thread thread([&] {
            waiting = static_cast<pid_t>(syscall(SYS_gettid));
            const auto refused = wait();
            CHECK_STATUS(cancelled, refused);
            CHECK(refused.error().holder()->prompt() == "in the way");
        });
        while (waiting == 0)
            std::this_thread::yield();
        until_asleep(waiting);
        // A copy refers to the same token, and any thread may trigger it.
        const auto token = *how.cancel;
        CHECK_STATUS(ok, token.trigger());
        thread.join();
    };

    waits([&] { return ralph_lock::acquire(root, "wait", how); });
    CHECK_STATUS(cancelled, ralph_lock::acquire(root, "late", how));
    how.cancel = ralph_lock::cancel_token::create().value();
    waits([&] { return ralph_lock::try_acquire_for(root, "wait", 1h, how); });
    CHECK_STATUS(ok, how.cancel->trigger());

    // A token is valid in its own process only.
    const process child([&](const process &) {
        const auto refused = ralph_lock::acquire(root, "child", how).error();
        CHECK_STATUS(invalid_handle, refused);
        CHECK(refused.message().find("cancel token") != std::string::npos);
    });
    child.finish();
}

static void end_by_a_signal(const std::filesystem::path &root)
{
    const auto held = ralph_lock::try_acquire(root, "in the way");
    for (const bool timed : {false, true}) {
        const process waiting([&](const process &starter) {
            listen();
            starter.say('l');
            const auto refused =
                timed ? ralph_lock::try_acquire_for(root, "wait", 1h) : ralph_lock::acquire(root, "wait");
            CHECK_STATUS(interrupted, refused);
        });
        CHECK(waiting.hear() == 'l');
        int ended = 0;
        // A signal just before the wait does not end it.
        while (waitpid(waiting.pid, &ended, WNOHANG) == 0) {
            CHECK(kill(waiting.pid, SIGUSR1) == 0);
            CHECK(poll(nullptr, 0, 20) == 0);
        }
        CHECK(ended == 0);
    }
}

// Polls a waiter until its wait is over.
static ralph_lock::result<ralph_lock::guard> loop(ralph_lock::waiter &waiter)
{
    for (;;) {
        pollfd polled = {waiter.fd(), POLLIN, 0};
        CHECK(poll(&polled, 1, -1) == 1);
        auto taken = waiter.step();
        if (taken.status() != ralph_lock::status::already_locked)
            return taken;
        CHECK(taken.error().holder()->prompt() == "in the way");
    }
}

static void event_loops_can_wait(const std::filesystem::path &root)
{
    gets_the_lock(root, [&] {
        auto first = ralph_lock::waiter::start(root, "wait").value();
        auto waiter = std::move(first);
        CHECK(first.fd() == -1 && waiter.fd() >= 0);
        return loop(waiter);
    });

    const auto held = ralph_lock::try_acquire(root, "in the way");
    ralph_lock::options how;
    how.cancel = ralph_lock::cancel_token::create().value();
    auto cancelled = ralph_lock::waiter::start(root, "wait", how).value();
    CHECK_STATUS(already_locked, cancelled.step());
    CHECK_STATUS(ok, how.cancel->trigger());
    CHECK_STATUS(cancelled, loop(cancelled));
    auto timed = ralph_lock::waiter::start_for(root, "wait", 5ms).value();
    const auto late = loop(timed);
    CHECK_STATUS(timed_out, late);
    CHECK(late.error().holder()->prompt() == "in the way");
    CHECK_STATUS(invalid_argument, ralph_lock::waiter::start(root, std::string_view("\0", 1)));
}

void waits()
{
    const auto root = new_workspace();

    durations_become_milliseconds();
    time_points_become_milliseconds();
    end_at_their_time(root);
    end_with_the_lock(root);
    end_by_their_token(root);
    end_by_a_signal(root);
    event_loops_can_wait(root);
}
