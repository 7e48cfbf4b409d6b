// A refusal names the holder, and so do the questions that take no lock.
#include "check.hpp"

#include <set>

using ralph_lock::liveness;
using ralph_lock::relation;
using ralph_lock::state;

static_assert(std::is_nothrow_move_constructible_v<ralph_lock::holder>);
static_assert(std::is_copy_assignable_v<ralph_lock::holder>);

static void refusal_names_the_holder(const std::filesystem::path &root)
{
    const auto before = std::chrono::system_clock::now();
    const process child(holding(root, "line one\nline \"two\""));
    CHECK(child.hear() == 'h');
    const auto refused = ralph_lock::try_acquire(root, "second");

    CHECK(!refused);
    CHECK_STATUS(already_locked, refused);
    CHECK(!refused.error().message().empty());
    const auto holder = refused.error().holder().value();
    CHECK(holder.pid() == static_cast<std::uint32_t>(child.pid));
    CHECK(holder.local_pid() == holder.pid());
    CHECK(holder.prompt() == "line one\nline \"two\"");
    // The record's time comes from a coarser clock than the one read here.
    CHECK(holder.started() > before - std::chrono::seconds(1));
    CHECK(holder.started() < std::chrono::system_clock::now() + std::chrono::seconds(1));
    const auto seconds = std::chrono::system_clock::to_time_t(holder.started());
    char text[32];
    CHECK(std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", std::gmtime(&seconds)) == 19);
    CHECK(holder.started_text().substr(0, 19) == text && holder.started_text().back() == 'Z');
    std::string host(256, '\0');
    CHECK(gethostname(host.data(), host.size()) == 0);
    CHECK(holder.host() == host.c_str());
    CHECK(holder.liveness() == liveness::live);
    CHECK(holder.relation() == relation::other);
    const std::string summary = holder.summary();
    CHECK(summary.find("process " + std::to_string(child.pid) + " since " + text) == 0);
    CHECK(summary.find(": line one\\nline") != std::string::npos);
    CHECK(refused.error().message().find(summary) != std::string::npos);
    CHECK(ralph_lock::find_keepers(root).value() == std::vector<std::uint32_t>{holder.pid()});

    child.kill_hard();
    CHECK(holder.liveness() == liveness::dead);
    CHECK(ralph_lock::inspect(root)->state == state::stale);
    CHECK(ralph_lock::inspect(root)->holder->prompt() == holder.prompt());
    CHECK(ralph_lock::try_acquire(root, "third").has_value());
}

static void children_know_their_parent(const std::filesystem::path &root)
{
    const auto own = ralph_lock::try_acquire(root, "parent");
    CHECK(ralph_lock::read_existing(root)->relation() == relation::self);
    const process child([&](const process &) {
        const auto refused = ralph_lock::try_acquire(root, "child");
        CHECK(refused.error().holder()->relation() == relation::ancestor);
    });
    child.finish();
}

static void a_holder_may_have_no_name(const std::filesystem::path &root)
{
    const int fd = open((root / RALPH_LOCK_FILE).c_str(), O_RDWR | O_CLOEXEC);
    CHECK(flock(fd, LOCK_EX) == 0);
    const auto refused = ralph_lock::try_acquire(root, "second");
    CHECK_STATUS(already_locked, refused);
    CHECK(!refused.error().holder());
    CHECK(ralph_lock::inspect(root)->state == state::held && !ralph_lock::inspect(root)->holder);
    CHECK_STATUS(parse, ralph_lock::signal_holder(root, 0));
    CHECK(close(fd) == 0);
}

// Questions ask about the lock file that the options name; a moved-from token is an error, not "no token".
static void options_count(const std::filesystem::path &root)
{
    ralph_lock::options how;
    how.lock_file = "deploy.lock";
    const auto taken = ralph_lock::try_acquire(root, "deploys", how);
    CHECK(taken && ralph_lock::inspect(root, how)->holder->prompt() == "deploys");
    CHECK(ralph_lock::inspect(root)->state == state::free && ralph_lock::find_keepers(root)->empty());
    CHECK(ralph_lock::find_keepers(root, how)->size() == 1);
    CHECK_STATUS(ok, ralph_lock::signal_holder(root, 0, how));

    auto token = ralph_lock::cancel_token::create().value();
    const auto moved = std::move(token);
    how.cancel = token;
    const auto refused = ralph_lock::try_acquire(root, "x", how);
    CHECK_STATUS(invalid_argument, refused);
    CHECK(refused.error().message().find("moved") != std::string::npos);
}

static void roots_are_found(const std::filesystem::path &root)
{
    const auto deep = root / std::string(200, 'a') / std::string(200, 'b');
    CHECK(std::filesystem::create_directories(deep / ".git"));
    CHECK(ralph_lock::find_root(deep).value() == std::filesystem::canonical(deep));
    CHECK_STATUS(io, ralph_lock::find_root(root / "missing"));
}

static void asks(const std::filesystem::path &root)
{
    CHECK(!held(root));
    CHECK(ralph_lock::inspect(root)->state == state::free && !ralph_lock::inspect(root)->holder);
    CHECK_STATUS(not_found, ralph_lock::read_existing(root));
    CHECK_STATUS(not_found, ralph_lock::signal_holder(root, 0));
    CHECK(ralph_lock::find_keepers(root)->empty());
    CHECK(ralph_lock::probe_filesystem(root).value() != ralph_lock::filesystem::no_locks);

    const process child([&](const process &starter) {
        const auto guard = ralph_lock::try_acquire(root, "signalled");
        starter.say('h');
        for (;;)
            pause();
    });
    CHECK(child.hear() == 'h');
    CHECK(ralph_lock::inspect(root)->state == state::held);
    CHECK_STATUS(invalid_argument, ralph_lock::signal_holder(root, -1));
    CHECK_STATUS(ok, ralph_lock::signal_holder(root, SIGTERM));
    CHECK(WTERMSIG(child.reap()) == SIGTERM);
}

// More than fit into the first call's buffer.
static void finds_all_keepers(const std::filesystem::path &root)
{
    auto guard = ralph_lock::try_acquire(root, "many").value();
    std::vector<std::unique_ptr<process>> keepers;
    std::set<std::uint32_t> pids{static_cast<std::uint32_t>(getpid())};
    for (int index = 0; index < 40; index++) {
        keepers.push_back(std::make_unique<process>([](const process &starter) { starter.hear(); }));
        pids.insert(static_cast<std::uint32_t>(keepers.back()->pid));
    }
    const auto found = ralph_lock::find_keepers(root).value();
    CHECK(std::set<std::uint32_t>(found.begin(), found.end()) == pids);
    for (const auto &keeper : keepers)
        CHECK(kill(keeper->pid, SIGKILL) == 0);
    for (const auto &keeper : keepers)
        keeper->reap();
}

static void failures_say_all(const std::filesystem::path &root)
{
    const auto missing = root / "missing";
    const auto failed = ralph_lock::try_acquire(missing, "work").error();
    CHECK_STATUS(io, failed);
    CHECK(failed.os_code() == std::errc::no_such_file_or_directory);
    CHECK(failed.path().string().find(missing) == 0);
    CHECK(failed.message().find(missing) != std::string::npos);
    CHECK(!failed.holder());
    CHECK_STATUS(io, ralph_lock::probe_filesystem(missing));
}

// The path is not cut at the NUL, so no other workspace is locked.
static void nul_is_refused(const std::filesystem::path &root)
{
    const std::string cut = root.string() + std::string("\0x", 2);
    ralph_lock::options how;

    CHECK_STATUS(invalid_argument, ralph_lock::try_acquire(cut, "work"));
    CHECK_STATUS(invalid_argument, ralph_lock::is_locked(cut));
    CHECK(ralph_lock::inspect(cut).error().message().find("root has a NUL") != std::string::npos);
    const auto refused = ralph_lock::try_acquire(root, std::string_view("wo\0rk", 5));
    CHECK_STATUS(invalid_argument, refused);
    CHECK(refused.error().message().find("prompt has a NUL") != std::string::npos);
    CHECK_STATUS(invalid_argument, ralph_lock::try_acquire(root, "\xff"));
    how.lock_file = std::string("other.lock\0x", 12);
    CHECK_STATUS(invalid_argument, ralph_lock::try_acquire(root, "work", how));
    CHECK(!std::filesystem::exists(root / ".ralph") && !std::filesystem::exists(root / "other.lock"));

    // A string_view need not end with a NUL.
    const auto guard = ralph_lock::try_acquire(root, std::string_view("working").substr(0, 4));
    CHECK(ralph_lock::read_existing(root)->prompt() == "work");
}

static void roots_are_bytes(const std::filesystem::path &root)
{
    const auto odd = root / "\xff\xfe";
    std::filesystem::create_directory(odd);
    CHECK(ralph_lock::try_acquire(odd, "odd")->path() == odd / RALPH_LOCK_FILE);
}

static void other_lock_files(const std::filesystem::path &root)
{
    ralph_lock::options how;
    how.lock_file = "build/deploy.lock";
    const auto deploying = ralph_lock::try_acquire(root, "deploy", how);
    CHECK(deploying->path() == root / "build/deploy.lock");
    CHECK(ralph_lock::try_acquire(root, "work").has_value());
    CHECK_STATUS(already_locked, ralph_lock::try_acquire(root, "deploy", how));
    how.lock_file = "../outside.lock";
    const auto outside = ralph_lock::try_acquire(root, "work", how).error();
    CHECK_STATUS(invalid_argument, outside);
    CHECK(outside.message().find("below the workspace root") != std::string::npos);
}

void holders()
{
    const auto root = new_workspace();

    nul_is_refused(new_workspace());
    refusal_names_the_holder(root);
    children_know_their_parent(root);
    a_holder_may_have_no_name(root);
    asks(new_workspace());
    finds_all_keepers(root);
    failures_say_all(root);
    roots_are_bytes(root);
    other_lock_files(root);
    options_count(root);
    roots_are_found(root);
}
