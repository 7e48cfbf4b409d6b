// A guard owns the lock: it can be moved, it ends once, and it can be handed to another process.
#include "check.hpp"

using ralph_lock::guard;

static_assert(!std::is_copy_constructible_v<guard> && !std::is_copy_assignable_v<guard>);
static_assert(std::is_nothrow_move_constructible_v<guard> && std::is_nothrow_move_assignable_v<guard>);
static_assert(std::is_nothrow_destructible_v<guard> && std::is_nothrow_default_constructible_v<guard>);

static void ends_with_its_scope(const std::filesystem::path &root)
{
    {
        auto taken = ralph_lock::try_acquire(root, "scope");
        CHECK(taken && *taken);
        CHECK(taken->path() == root / RALPH_LOCK_FILE);
        CHECK_STATUS(ok, taken->verify());
        CHECK(held(root));
    }
    CHECK(!held(root));
}

static void moves(const std::filesystem::path &root)
{
    const auto other = new_workspace();
    guard first = ralph_lock::try_acquire(root, "first").value();
    guard second = std::move(first);

    CHECK(!first && second && held(root));
    CHECK(first.path().empty());
    CHECK_STATUS(invalid_argument, first.verify());
    CHECK_STATUS(ok, first.release());

    // Move assignment releases the lock that the guard held before.
    guard elsewhere = ralph_lock::try_acquire(other, "elsewhere").value();
    second = std::move(elsewhere);
    CHECK(second && !held(root) && held(other));

    guard &itself = second;
    second = std::move(itself);
    CHECK(second && held(other));
    second = guard();
    CHECK(!second && !held(other));
}

static void ends_once(const std::filesystem::path &root)
{
    guard taken = ralph_lock::try_acquire(root, "release").value();

    CHECK_STATUS(ok, taken.release());
    CHECK(!taken && !held(root));
    const guard next = ralph_lock::try_acquire(root, "next").value();
    CHECK_STATUS(ok, taken.release());
    CHECK(held(root));
}

static void a_forked_child_ends_its_copy_only(const std::filesystem::path &root)
{
    guard taken = ralph_lock::try_acquire(root, "parent").value();
    const process child([&](const process &) { taken = guard(); });

    child.finish();
    CHECK(taken && held(root));
    CHECK_STATUS(ok, taken.verify());
}

static void returns_the_record_of_a_dead_holder(const std::filesystem::path &root)
{
    const process crashing(holding(root, "crashing"));

    CHECK(crashing.hear() == 'h');
    crashing.kill_hard();
    guard taken = ralph_lock::try_acquire(root, "next").value();
    const auto previous = taken.previous();
    CHECK(previous->prompt() == "crashing");
    CHECK(previous->pid() == static_cast<std::uint32_t>(crashing.pid));
    taken = guard();
    taken = ralph_lock::try_acquire(root, "after that").value();
    CHECK_STATUS(not_found, taken.previous());
}

static void reports_a_lost_lock()
{
    const auto root = new_workspace();
    const guard taken = ralph_lock::try_acquire(root, "lost").value();

    std::filesystem::remove_all(root / ".ralph");
    CHECK_STATUS(lost, taken.verify());
    CHECK(taken.verify().error().path() == root / RALPH_LOCK_FILE);
    CHECK_STATUS(already_locked, ralph_lock::try_acquire(root, "second"));
    CHECK_STATUS(ok, taken.restore());
    CHECK_STATUS(ok, taken.verify());
    std::filesystem::remove_all(root);
    CHECK_STATUS(lost, taken.restore());
    CHECK_STATUS(invalid_argument, guard().restore());
}

static void goes_to_a_child(const std::filesystem::path &root)
{
    guard taken = ralph_lock::try_acquire(root, "parent").value();
    const int fd = taken.into_fd().value();

    CHECK(!taken && held(root));
    CHECK_STATUS(invalid_argument, taken.into_fd());
    const process child([&](const process &starter) {
        const auto adopted = ralph_lock::adopt(root, "child", fd);
        starter.say(adopted ? 'a' : 'f');
        starter.hear();
    });
    CHECK(child.hear() == 'a');
    CHECK(close(fd) == 0);
    CHECK(ralph_lock::read_existing(root)->pid() == static_cast<std::uint32_t>(child.pid));
    CHECK(held(root));
    child.say('e');
    child.finish();
    CHECK(!held(root));

    // A descriptor that is refused stays the caller's.
    const int null = open("/dev/null", O_RDWR);
    const auto refused = ralph_lock::adopt(root, "null", null);
    CHECK_STATUS(invalid_argument, refused);
    CHECK(close(null) == 0);
}

void guards()
{
    const auto root = new_workspace();

    ends_with_its_scope(root);
    moves(root);
    ends_once(root);
    a_forked_child_ends_its_copy_only(root);
    returns_the_record_of_a_dead_holder(root);
    reports_a_lost_lock();
    goes_to_a_child(root);
}
