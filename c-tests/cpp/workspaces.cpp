// A workspace meets the requirements of a mutex, so that std::unique_lock and std::scoped_lock work with it.
#include "check.hpp"

#include <mutex>
#include <thread>

using namespace std::chrono_literals;
using ralph_lock::workspace;

static_assert(!std::is_copy_constructible_v<workspace> && !std::is_move_constructible_v<workspace>);
static_assert(std::is_base_of_v<std::runtime_error, ralph_lock::lock_error>);

static void scopes_lock_it(const std::filesystem::path &root)
{
    workspace here(root, "scopes");
    {
        const std::lock_guard<workspace> lock(here);
        CHECK(ralph_lock::read_existing(root)->prompt() == "scopes");
        CHECK(held(root));
    }
    CHECK(!held(root));
    std::unique_lock<workspace> lock(here, std::defer_lock);
    CHECK(lock.try_lock() && lock.owns_lock() && held(root));
    std::unique_lock<workspace> moved = std::move(lock);
    CHECK(!lock.owns_lock() && held(root));
    moved.unlock();
    CHECK(!held(root));
    {
        workspace dropped(root, "dropped");
        dropped.lock();
    }
    CHECK(!held(root));
    here.unlock();
}

static void two_are_locked_at_once(const std::filesystem::path &root)
{
    const auto other = new_workspace();
    const auto both = [&](const std::filesystem::path &one, const std::filesystem::path &two) {
        workspace first(one, "both"), second(two, "both");
        for (int round = 0; round < 50; round++)
            const std::scoped_lock lock(first, second);
    };
    // Each locks in the order that would deadlock with the other.
    const process child([&](const process &) { both(other, root); });
    both(root, other);
    child.finish();
}

static void others_are_waited_for(const std::filesystem::path &root)
{
    workspace here(root, "wait");
    std::unique_lock<workspace> lock(here, std::defer_lock);
    const process child(holding(root, "in the way"));
    CHECK(child.hear() == 'h');

    CHECK(!lock.try_lock());
    CHECK(!lock.try_lock_for(-1ms));
    const auto start = std::chrono::steady_clock::now();
    CHECK(!lock.try_lock_for(20ms));
    CHECK(std::chrono::steady_clock::now() - start >= 20ms);
    CHECK(!lock.try_lock_until(std::chrono::system_clock::now() + 5ms));
    child.say('r');
    CHECK(lock.try_lock_for(std::chrono::hours::max()));
    child.finish();
}

// A signal handler ends neither of these waits.
static void signals_are_slept_through(const std::filesystem::path &root)
{
    for (const bool timed : {false, true}) {
        const process holder(holding(root, "in the way"));
        CHECK(holder.hear() == 'h');
        const process waiting([&](const process &starter) {
            listen();
            starter.say('l');
            workspace here(root, "wait");
            if (timed)
                CHECK(here.try_lock_for(1h));
            else
                here.lock();
            CHECK(signals == 1 && ralph_lock::read_existing(root)->relation() == ralph_lock::relation::self);
        });
        CHECK(waiting.hear() == 'l');
        waiting.until_asleep();
        CHECK(kill(waiting.pid, SIGUSR1) == 0);
        waiting.until_asleep();
        holder.kill_hard();
        waiting.finish();
    }
}

// One object, many threads.
static void threads_exclude_each_other(const std::filesystem::path &root)
{
    workspace here(root, "threads");
    int count = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; thread++)
        threads.emplace_back([&] {
            for (int round = 0; round < 50; round++) {
                const std::lock_guard<workspace> lock(here);
                count++;
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    CHECK(count == 200);
}

static void failures_are_no_refusals(const std::filesystem::path &root)
{
    ralph_lock::options how;
    how.cancel = ralph_lock::cancel_token::create().value();
    CHECK_STATUS(ok, how.cancel->trigger());
    workspace cancelled(root, "cancelled", how);
    CHECK(!cancelled.try_lock());
    CHECK(!cancelled.try_lock_for(1h));
#if defined(__cpp_exceptions)
    const auto thrown = [](const auto &attempt) {
        try {
            attempt();
        } catch (const ralph_lock::held_error &) {
            return ralph_lock::status::already_locked;
        } catch (const ralph_lock::lock_error &failure) {
            return failure.status();
        }
        return ralph_lock::status::ok;
    };
    CHECK_STATUS(cancelled, thrown([&] { cancelled.lock(); }));
    workspace missing(root / "missing", "work");
    CHECK_STATUS(io, thrown([&] { missing.lock(); }));
    CHECK_STATUS(io, thrown([&] { CHECK(!missing.try_lock()); }));
    CHECK_STATUS(io, thrown([&] { CHECK(!missing.try_lock_for(1ms)); }));
#endif
}

void workspaces()
{
    const auto root = new_workspace();

    scopes_lock_it(root);
    two_are_locked_at_once(root);
    others_are_waited_for(root);
    signals_are_slept_through(root);
    threads_exclude_each_other(root);
    failures_are_no_refusals(root);
}
