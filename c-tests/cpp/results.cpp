// A result is a value or an error; reading the missing one throws, or ends the program with the message.
#include "check.hpp"

using ralph_lock::error;
using ralph_lock::guard;
using ralph_lock::held_error;
using ralph_lock::lock_error;
using ralph_lock::result;
using ralph_lock::status;

static_assert(!std::is_copy_constructible_v<result<guard>> &&
              std::is_nothrow_move_constructible_v<result<guard>>);
static_assert(std::is_nothrow_copy_constructible_v<error> &&
              std::is_nothrow_copy_constructible_v<held_error>);
static_assert(std::is_base_of_v<lock_error, held_error> && std::is_base_of_v<std::exception, lock_error>);
static_assert(!std::is_convertible_v<result<guard>, bool>);
static_assert(std::is_error_code_enum_v<status>);

static void values_come_out(const std::filesystem::path &root)
{
    auto taken = ralph_lock::try_acquire(root, "value");
    CHECK(taken.has_value() && taken);
    CHECK_STATUS(ok, taken);
    CHECK_STATUS(ok, taken.error());
    CHECK(&*taken == &taken.value() && taken->path() == (*taken).path());
    const auto &same = taken;
    CHECK(&*same == &same.value() && same->verify());
    same->verify().value();
    const guard out = *std::move(taken);
    CHECK(out && !*taken);
    // The value is returned by value: this loop uses it after the result is gone.
    for (const auto pid : ralph_lock::find_keepers(root).value())
        CHECK(pid == static_cast<std::uint32_t>(getpid()));
}

static void missing_values_have_a_substitute(const std::filesystem::path &root)
{
    const auto missing = ralph_lock::is_locked(root / "." / std::string(5000, 'x'));
    CHECK(!missing.has_value() && missing.value_or(true));
    CHECK(!ralph_lock::is_locked(root).value_or(true));
    CHECK(ralph_lock::find_keepers(root).value_or(std::vector<std::uint32_t>{7}).empty());
}

static void statuses_are_error_codes()
{
    const std::error_code code = status::timed_out;
    CHECK(code && code == status::timed_out && code != status::io);
    CHECK(!std::error_code(status::ok));
    CHECK(code.message() == ralph_lock_status_message(RALPH_LOCK_TIMED_OUT));
    CHECK(code.category() == ralph_lock::category());
    CHECK(std::string(code.category().name()) == "ralph_lock");
    CHECK(std::string(name(status::io)) == "RALPH_LOCK_IO");
    CHECK(code == std::errc::timed_out && code != std::errc::io_error);
    CHECK(std::error_code(status::already_locked) == std::errc::device_or_resource_busy);
    CHECK(std::error_code(status::lost).default_error_condition().category() == ralph_lock::category());
    CHECK(error().message() == ralph_lock_status_message(RALPH_LOCK_OK));
}

#if defined(__cpp_exceptions)
template <class Attempt> static void what_is_missing_is_thrown(const char *prompt, const Attempt &attempt)
{
    const error expected = attempt().error();
    const auto check = [&](const lock_error &failure) {
        CHECK(failure.status() == expected.status() && failure.error().os_code() == expected.os_code());
        CHECK(failure.what() == expected.message());
    };
    const auto thrown = [&](const auto &ask) {
        try {
            ask();
        } catch (const held_error &failure) {
            check(failure);
            CHECK(prompt != nullptr && failure.holder()->prompt() == prompt);
            return true;
        } catch (const lock_error &failure) {
            check(failure);
            CHECK(prompt == nullptr);
            return true;
        }
        return false;
    };
    CHECK(thrown([&] { (void)attempt().value(); }));
    CHECK(thrown([&] { (void)*attempt(); }));
    CHECK(thrown([&] { attempt()->path(); }));
    CHECK(thrown([&] {
        auto named = attempt();
        (void)named.value();
    }));
    CHECK(thrown([&] {
        const auto named = attempt();
        (void)named.value();
    }));
}
#else
// What the program prints when it aborts.
template <class Attempt> static void what_is_missing_is_thrown(const char *, const Attempt &attempt)
{
    const process child([&](const process &starter) {
        CHECK(dup2(open("said", O_WRONLY | O_CREAT | O_TRUNC, 0600), 2) == 2);
        starter.say('a');
        (void)attempt().value();
    });
    CHECK(child.hear() == 'a');
    CHECK(WTERMSIG(child.reap()) == SIGABRT);
    std::ifstream file("said");
    std::string line;
    CHECK(std::getline(file, line) && line == "ralph_lock: " + attempt().error().message());
}
#endif

void results()
{
    const auto root = new_workspace();

    values_come_out(root);
    missing_values_have_a_substitute(root);
    statuses_are_error_codes();
    const process child(holding(root, "in the way"));
    CHECK(child.hear() == 'h');
    what_is_missing_is_thrown("in the way", [&] { return ralph_lock::try_acquire(root, "work"); });
    what_is_missing_is_thrown("in the way", [&] {
        return ralph_lock::try_acquire_for(root, "work", std::chrono::milliseconds(1));
    });
    what_is_missing_is_thrown(nullptr, [&] { return ralph_lock::try_acquire(root / "missing", "work"); });
    child.kill_hard();
}
