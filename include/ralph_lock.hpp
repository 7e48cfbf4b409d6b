/// ralph_lock for C++17: one primary process per workspace.
///
///     auto taken = ralph_lock::try_acquire(".", "implement auth");
///     if (taken)
///         work(*taken); // until the guard goes out of scope
///     else // the message says which process holds the lock, since when and doing what
///         std::cerr << taken.error().message() << '\n';
///
/// This is a thin layer on ralph_lock.h, which is the manual: what is locked, what a refused process learns, what every
/// status means. C++ adds the following.
///
/// ERRORS. A function that can fail returns a result, which is a value or an error. With exceptions, call value(): it
/// throws a held_error if another process has the lock, and a lock_error for everything else. Nothing else throws,
/// except std::bad_alloc and the functions of workspace. The header compiles without exceptions and without RTTI; where
/// it would throw, it then prints the message to stderr and aborts. A status converts to std::error_code, and compares
/// equal to the corresponding std::errc, for instance std::errc::timed_out.
///
/// OWNERSHIP. Objects free what they own. Texts are returned as copies.
///
/// THREADS. As in the standard library: different objects may be used at the same time, and so may one object
/// whose const functions are called. A guard belongs to the process, and any thread may end it.
///
/// FORK. In a forked child, a guard of the parent ends only the child's copy: the parent keeps the lock. Cancel tokens
/// and waiters belong to the parent; the child can only destroy its copies.
///
/// TIME. Durations are rounded up to whole milliseconds. A zero or negative one tries once. One of more than thirty
/// years, like duration::max(), means no limit.
///
/// SIGNALS. A signal handler that runs during a wait ends it with status::interrupted, so that a program can act on
/// Ctrl-C; call again to wait again. The locking functions of workspace continue by themselves, like those of
/// std::mutex.

#ifndef RALPH_LOCK_HPP
#define RALPH_LOCK_HPP

#if __cplusplus < 201703L
#error "ralph_lock.hpp needs C++17: compile with -std=c++17, or use ralph_lock.h"
#else

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <ralph_lock.h>

namespace ralph_lock {

/// How a call ended: ralph_lock_status. A later library may return others; treat unknown ones as failures.
enum class status : std::int32_t {
    ok = RALPH_LOCK_OK,
    already_locked = RALPH_LOCK_ALREADY_LOCKED,
    not_found = RALPH_LOCK_NOT_FOUND,
    timed_out = RALPH_LOCK_TIMED_OUT,
    cancelled = RALPH_LOCK_CANCELLED,
    interrupted = RALPH_LOCK_INTERRUPTED,
    lost = RALPH_LOCK_LOST,
    not_live = RALPH_LOCK_NOT_LIVE,
    invalid_argument = RALPH_LOCK_INVALID_ARGUMENT,
    invalid_handle = RALPH_LOCK_INVALID_HANDLE,
    io = RALPH_LOCK_IO,
    parse = RALPH_LOCK_PARSE,
    unsupported_platform = RALPH_LOCK_UNSUPPORTED_PLATFORM,
    unsupported_filesystem = RALPH_LOCK_UNSUPPORTED_FILESYSTEM,
    panic = RALPH_LOCK_PANIC
};

/// Whether a lock is held, and whether its file has a record: ralph_lock_state.
enum class state : std::int32_t {
    free = RALPH_LOCK_STATE_FREE,
    held = RALPH_LOCK_STATE_HELD,
    stale = RALPH_LOCK_STATE_STALE
};

/// Whether the process on record runs: ralph_lock_liveness.
enum class liveness : std::int32_t {
    unknown = RALPH_LOCK_LIVENESS_UNKNOWN,
    live = RALPH_LOCK_LIVENESS_LIVE,
    dead = RALPH_LOCK_LIVENESS_DEAD,
    recycled = RALPH_LOCK_LIVENESS_RECYCLED,
    foreign = RALPH_LOCK_LIVENESS_FOREIGN
};

/// The relation of the process on record to this one: ralph_lock_relation.
enum class relation : std::int32_t {
    unknown = RALPH_LOCK_RELATION_UNKNOWN,
    self = RALPH_LOCK_RELATION_SELF,
    ancestor = RALPH_LOCK_RELATION_ANCESTOR,
    other = RALPH_LOCK_RELATION_OTHER
};

/// What a lock is worth on a file system: ralph_lock_filesystem.
enum class filesystem : std::int32_t {
    unknown = RALPH_LOCK_FILESYSTEM_UNKNOWN,
    local = RALPH_LOCK_FILESYSTEM_LOCAL,
    distributed = RALPH_LOCK_FILESYSTEM_DISTRIBUTED,
    no_locks = RALPH_LOCK_FILESYSTEM_NO_LOCKS
};

/// The status's name in ralph_lock.h, for instance "RALPH_LOCK_IO".
inline const char *name(status code) noexcept { return ralph_lock_status_name(static_cast<std::int32_t>(code)); }

/// The std::error_code category of the statuses. It is always visible, so that all shared objects of a program share
/// one.
[[gnu::visibility("default")]] inline const std::error_category &category() noexcept {
    struct [[gnu::visibility("default")]] statuses final : std::error_category {
        const char *name() const noexcept override { return "ralph_lock"; }
        std::string message(int code) const override { return ralph_lock_status_message(code); }
        std::error_condition default_error_condition(int code) const noexcept override {
            switch (static_cast<status>(code)) {
            case status::already_locked:
                return std::errc::device_or_resource_busy;
            case status::not_found:
                return std::errc::no_such_file_or_directory;
            case status::timed_out:
                return std::errc::timed_out;
            case status::cancelled:
                return std::errc::operation_canceled;
            case status::interrupted:
                return std::errc::interrupted;
            case status::invalid_argument:
            case status::invalid_handle:
                return std::errc::invalid_argument;
            case status::io:
                return std::errc::io_error;
            case status::unsupported_platform:
                return std::errc::function_not_supported;
            case status::unsupported_filesystem:
                return std::errc::not_supported;
            default:
                return {code, *this};
            }
        }
    };
    static const statuses only;
    return only;
}

inline std::error_code make_error_code(status code) noexcept { return {static_cast<int>(code), category()}; }

namespace detail {

/// Frees a handle of the C library.
template <auto Free> struct freeing {
    template <class T> void operator()(T *handle) const noexcept { Free(handle); }
};

using guard_handle = std::unique_ptr<ralph_lock_guard, freeing<ralph_lock_release>>;
using metadata_handle = std::unique_ptr<ralph_lock_metadata, freeing<ralph_lock_metadata_free>>;
using error_handle = std::unique_ptr<ralph_lock_error, freeing<ralph_lock_error_free>>;
using options_handle = std::unique_ptr<ralph_lock_options, freeing<ralph_lock_options_free>>;
using cancel_handle = std::unique_ptr<ralph_lock_cancel, freeing<ralph_lock_cancel_free>>;
using waiter_handle = std::unique_ptr<ralph_lock_waiter, freeing<ralph_lock_waiter_free>>;

/// Receives a handle from a C function. The owner gets it when the call has returned.
template <class Handle> class out {
public:
    explicit out(Handle &handle) noexcept : handle_(handle) {}
    out(const out &) = delete;
    out &operator=(const out &) = delete;
    ~out() { handle_.reset(raw_); }
    operator typename Handle::pointer *() noexcept { return &raw_; }

private:
    Handle &handle_;
    typename Handle::pointer raw_ = nullptr;
};

template <class Handle> out(Handle &) -> out<Handle>;

/// A copy of a borrowed text; empty for NULL.
inline std::string copy(const char *borrowed) { return borrowed == nullptr ? std::string() : borrowed; }

} // namespace detail

/// The holder on record of a lock, at one moment. Copies are cheap; threads may share one.
class holder {
public:
    explicit holder(std::shared_ptr<ralph_lock_metadata> record) noexcept : record_(std::move(record)) {}

    /// Its process id in its own pid namespace: in another namespace it means another process, or none.
    std::uint32_t pid() const noexcept { return ralph_lock_metadata_pid(record_.get()); }

    /// Its process id in the caller's pid namespace; 0 if it is not known to be visible there.
    std::uint32_t local_pid() const noexcept { return ralph_lock_metadata_local_pid(record_.get()); }

    /// When it took the lock, by its own clock.
    std::chrono::system_clock::time_point started() const noexcept {
        const std::chrono::nanoseconds since_1970(ralph_lock_metadata_started_unix_ns(record_.get()));
        using clock = std::chrono::system_clock;
        return clock::time_point(std::chrono::duration_cast<clock::duration>(since_1970));
    }

    /// The same as text in UTC, for instance "2026-11-22T16:00:00.123456789Z" (RFC 3339).
    std::string started_text() const { return detail::copy(ralph_lock_metadata_started_rfc3339(record_.get())); }

    /// What it is doing, in its own words: UTF-8 of any length, possibly with line breaks.
    std::string prompt() const { return detail::copy(ralph_lock_metadata_prompt(record_.get())); }

    /// Its machine or container, if on record.
    std::optional<std::string> host() const {
        const char *host = ralph_lock_metadata_host(record_.get());
        return host == nullptr ? std::nullopt : std::optional<std::string>(host);
    }

    /// One line, safe to print at a terminal: process, host if it is not this one, since when, and the prompt, escaped
    /// and cut.
    std::string summary() const { return ralph_lock_metadata_summary(record_.get()); }

    /// Whether its process runs at this moment, as far as that can be determined.
    ralph_lock::liveness liveness() const noexcept {
        return static_cast<ralph_lock::liveness>(ralph_lock_metadata_liveness(record_.get()));
    }

    /// The relation of its process to this one: a child of the holder learns here that its own parent holds the lock.
    ralph_lock::relation relation() const noexcept {
        return static_cast<ralph_lock::relation>(ralph_lock_metadata_relation(record_.get()));
    }

private:
    std::shared_ptr<ralph_lock_metadata> record_;
};

/// How a call ended, with all details. Copies are cheap; threads may share one.
class error {
public:
    /// Success: status::ok.
    error() noexcept = default;
    /// An error of this header; the text is a literal.
    error(ralph_lock::status code, std::string_view text) noexcept : status_(code), text_(text) {}
    /// An error of the C library.
    error(ralph_lock_status code, detail::error_handle details)
        : status_(static_cast<ralph_lock::status>(code)), details_(std::move(details)) {}
    /// The same, with the holder of the lock.
    error(error other, detail::metadata_handle record) : error(std::move(other)) { record_ = std::move(record); }

    ralph_lock::status status() const noexcept { return status_; }

    /// The error in one line, safe to print at a terminal. It names the file, what the holder is doing, and the remedy.
    std::string message() const {
        return text_.empty() ? ralph_lock_error_message(details_.get()) : std::string(text_);
    }

    /// The operating system's error behind it, if any.
    std::error_code os_code() const noexcept {
        return {ralph_lock_error_os_code(details_.get()), std::system_category()};
    }

    /// The file that it is about; empty if it is not about a file.
    std::filesystem::path path() const { return detail::copy(ralph_lock_error_path(details_.get())); }

    /// The holder of the lock, with status::already_locked, timed_out and cancelled; none if it left no record, as
    /// flock(1) does.
    std::optional<ralph_lock::holder> holder() const noexcept {
        return record_ == nullptr ? std::nullopt : std::optional(ralph_lock::holder(record_));
    }

private:
    ralph_lock::status status_ = ralph_lock::status::ok;
    std::string_view text_{};
    std::shared_ptr<ralph_lock_error> details_{};
    std::shared_ptr<ralph_lock_metadata> record_{};
};

/// The exception that value() throws for an error. what() is its message.
class lock_error : public std::runtime_error {
public:
    explicit lock_error(ralph_lock::error failure)
        : std::runtime_error(failure.message()), error_(std::move(failure)) {}

    const ralph_lock::error &error() const noexcept { return error_; }
    ralph_lock::status status() const noexcept { return error_.status(); }

private:
    ralph_lock::error error_;
};

/// Another process has the lock (status::already_locked), or had it until the timeout (status::timed_out).
class held_error : public lock_error {
public:
    using lock_error::lock_error;

    /// The holder; none if it left no record.
    std::optional<ralph_lock::holder> holder() const noexcept { return error().holder(); }
};

namespace detail {

/// Throws the error; without exceptions, prints it and aborts.
[[noreturn]] inline void raise(const error &failure) {
#if defined(__cpp_exceptions)
    if (failure.status() == status::already_locked || failure.status() == status::timed_out)
        throw held_error(failure);
    throw lock_error(failure);
#else
    std::fprintf(stderr, "ralph_lock: %s\n", failure.message().c_str());
    std::abort();
#endif
}

} // namespace detail

/// A value or an error, like std::expected, but without undefined behaviour: * and -> check like value().
template <class T> class [[nodiscard]] result {
public:
    result(T value) : value_(std::move(value)) {}
    /// An error; its status is not ok.
    result(ralph_lock::error failure) : error_(std::move(failure)) {}
    /// The value on success, else the error.
    result(ralph_lock::error outcome, T value) : error_(std::move(outcome)) {
        if (error_.status() == ralph_lock::status::ok)
            value_.emplace(std::move(value));
    }

    bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept {
        static_assert(!std::is_same_v<T, bool>, "call has_value(), or value() for the answer itself");
        return has_value();
    }

    /// The value; throws a held_error or lock_error if there is none.
    T &value() & { return need(), *value_; }
    const T &value() const & { return need(), *value_; }
    T value() && { return need(), std::move(*value_); }
    T &operator*() & { return value(); }
    const T &operator*() const & { return value(); }
    T operator*() && { return std::move(*this).value(); }
    T *operator->() { return &value(); }
    const T *operator->() const { return &value(); }

    /// The value, or the argument if there is none.
    template <class U> T value_or(U &&other) const & {
        return has_value() ? *value_ : static_cast<T>(std::forward<U>(other));
    }
    template <class U> T value_or(U &&other) && {
        return has_value() ? std::move(*value_) : static_cast<T>(std::forward<U>(other));
    }

    /// status::ok if there is a value.
    ralph_lock::status status() const noexcept { return error_.status(); }
    /// The error; if there is a value, one with status::ok.
    const ralph_lock::error &error() const & noexcept { return error_; }
    ralph_lock::error error() && noexcept { return std::move(error_); }

private:
    void need() const {
        if (!has_value())
            detail::raise(error_);
    }

    std::optional<T> value_{};
    ralph_lock::error error_{};
};

/// Success, or an error.
template <> class [[nodiscard]] result<void> {
public:
    result(ralph_lock::error outcome) : error_(std::move(outcome)) {}

    bool has_value() const noexcept { return status() == ralph_lock::status::ok; }
    explicit operator bool() const noexcept { return has_value(); }
    /// Throws a held_error or lock_error unless it succeeded.
    void value() const {
        if (!has_value())
            detail::raise(error_);
    }
    ralph_lock::status status() const noexcept { return error_.status(); }
    const ralph_lock::error &error() const & noexcept { return error_; }
    ralph_lock::error error() && noexcept { return std::move(error_); }

private:
    ralph_lock::error error_;
};

namespace detail {

/// Whether a text contains a NUL, where the C functions would cut it: a root that is cut is another workspace.
inline bool has_nul(std::string_view text) noexcept { return text.find('\0') != text.npos; }

/// Calls a C function whose last parameter is the error object.
template <class Function, class... Arguments> error call(Function function, Arguments &&...arguments) {
    error_handle details;
    const ralph_lock_status code = function(std::forward<Arguments>(arguments)..., out(details));
    return {code, std::move(details)};
}

/// Calls a C function about a workspace.
template <class Function, class... Arguments>
error ask(Function function, const std::filesystem::path &root, Arguments &&...arguments) {
    const std::string text = root.string();
    if (has_nul(text))
        return {status::invalid_argument, "the workspace root has a NUL in it"};
    return call(function, text.c_str(), std::forward<Arguments>(arguments)...);
}

} // namespace detail

/// Ends any number of waits from another thread. Copies refer to the same token.
class cancel_token {
public:
    /// Fails only if there is no descriptor left.
    static result<cancel_token> create() {
        detail::cancel_handle made;
        error outcome = detail::call(ralph_lock_cancel_new, detail::out(made));
        return {std::move(outcome), cancel_token(std::move(made))};
    }

    /// Ends every wait that has the token, now and later, with status::cancelled. A second call does nothing.
    ralph_lock::status trigger() const noexcept {
        return static_cast<ralph_lock::status>(ralph_lock_cancel_trigger(token_.get()));
    }

    /// For the C functions; borrowed.
    ralph_lock_cancel *native_handle() const noexcept { return token_.get(); }

private:
    explicit cancel_token(detail::cancel_handle made) : token_(std::move(made)) {}

    std::shared_ptr<ralph_lock_cancel> token_;
};

/// Options for an acquire.
struct options {
    /// Another lock file: a path below the workspace root, used only for locking. Empty means RALPH_LOCK_FILE.
    std::filesystem::path lock_file{};
    /// A token that ends the wait.
    std::optional<cancel_token> cancel{};
};

/// A held lock, released with the guard. A guard that was moved from, released or turned into a descriptor is empty.
class [[nodiscard]] guard {
public:
    /// An empty guard.
    guard() noexcept = default;
    explicit guard(detail::guard_handle held) noexcept : held_(std::move(held)) {}

    /// Whether it holds a lock.
    explicit operator bool() const noexcept { return held_ != nullptr; }

    /// Releases the lock, as the destructor does, and returns the outcome. With status::io the lock is released too,
    /// but the record may still be in the file. An empty guard is status::ok.
    ralph_lock::status release() noexcept {
        return static_cast<ralph_lock::status>(ralph_lock_release(held_.release()));
    }

    /// The lock file; empty for an empty guard.
    std::filesystem::path path() const { return detail::copy(ralph_lock_guard_path(held_.get())); }

    /// Checks that the lock is still the workspace's: status::lost after `rm -rf .ralph`, for instance. Call it before
    /// work is committed. If the lock is lost, restore() it or stop.
    result<void> verify() const { return detail::call(ralph_lock_guard_verify, held_.get()); }

    /// Puts the lock file back after it was removed or replaced; the guard then holds that file.
    ///
    /// - status::already_locked: a program that knows only the file holds the new one; the error names it
    /// - status::lost: the root is gone, another directory is at its path, or another process has locked it
    result<void> restore() const {
        detail::metadata_handle record;
        error outcome = detail::call(ralph_lock_guard_restore, held_.get(), detail::out(record));
        return error(std::move(outcome), std::move(record));
    }

    /// The record of a holder that died, or of a program that leaves its record behind, like ralph-core; else
    /// status::not_found.
    result<holder> previous() const {
        detail::metadata_handle record;
        error outcome = detail::call(ralph_lock_guard_previous, held_.get(), detail::out(record));
        return {std::move(outcome), holder(std::move(record))};
    }

    /// Turns the guard into a descriptor that a child process inherits, also across exec; there adopt() makes a guard
    /// of it. The lock is never free in between. The caller closes the descriptor once the child has it. On failure the
    /// guard does not change.
    result<int> into_fd() {
        std::int32_t fd = -1;
        error outcome = detail::call(ralph_lock_guard_into_fd, held_.get(), &fd);
        if (outcome.status() == status::ok)
            (void)held_.release(); // it has ended
        return {std::move(outcome), fd};
    }

private:
    friend class workspace;
    detail::guard_handle held_{};
};

namespace detail {

/// Milliseconds as a double, which can hold every duration.
using rough = std::chrono::duration<double, std::milli>;

/// Thirty years: a longer wait has no limit.
constexpr rough endless{1e12};

/// The C library's value for no limit.
constexpr std::uint64_t no_limit = (std::numeric_limits<std::uint64_t>::max)();

/// A duration for the C library. NaN counts as zero.
inline std::uint64_t milliseconds(rough time) noexcept {
    if (time.count() >= endless.count())
        return no_limit;
    return time.count() > 0 ? static_cast<std::uint64_t>(std::ceil(time.count())) : 0;
}

/// The time at which a duration from now ends.
inline std::chrono::steady_clock::time_point deadline(rough time) noexcept {
    using clock = std::chrono::steady_clock;
    const std::uint64_t limit = milliseconds(time);
    return limit == no_limit ? (clock::time_point::max)() : clock::now() + std::chrono::milliseconds(limit);
}

/// The time left until then. Only near times are subtracted exactly: the ends of the range would overflow.
template <class Clock, class Duration>
std::uint64_t milliseconds_until(const std::chrono::time_point<Clock, Duration> &then) {
    const auto now = Clock::now();
    const rough left = rough(then.time_since_epoch()) - rough(now.time_since_epoch());
    return left > -endless && left < endless ? milliseconds(then - now) : milliseconds(left);
}

/// Makes options for the C library, or returns what is wrong with these.
inline error make(const options &how, std::uint64_t timeout_ms, options_handle &made) {
    const std::string file = how.lock_file.string();
    if (has_nul(file))
        return {status::invalid_argument, "the lock file's path has a NUL in it"};
    if (how.cancel && how.cancel->native_handle() == nullptr)
        return {status::invalid_argument, "the cancel token in the options was moved from"};
    made.reset(ralph_lock_options_new());
    if (made == nullptr)
        return {status::io, "there is no memory for another object: free those no longer needed"};
    if (const auto code = ralph_lock_options_set_timeout_ms(made.get(), timeout_ms); code != RALPH_LOCK_OK)
        return {code, nullptr};
    if (how.cancel && ralph_lock_options_set_cancel(made.get(), how.cancel->native_handle()) != RALPH_LOCK_OK)
        return {status::invalid_handle, "the cancel token belongs to the parent process, which forked this one"};
    if (!file.empty() && ralph_lock_options_set_lock_file(made.get(), file.c_str()) != RALPH_LOCK_OK)
        return {status::invalid_argument,
                "the lock file must be a path below the workspace root, without \"..\", and not .ralph itself"};
    return {};
}

/// Calls a C function with the arguments of an acquire.
template <class Function, class... Arguments>
error begin(Function function, const std::filesystem::path &root, std::string_view prompt, const options &how,
            std::uint64_t timeout_ms, Arguments &&...arguments) {
    const std::string text(prompt);
    if (has_nul(text))
        return {status::invalid_argument, "the prompt has a NUL in it"};
    options_handle made;
    if (error wrong = make(how, timeout_ms, made); wrong.status() != status::ok)
        return wrong;
    return ask(function, root, text.c_str(), made.get(), std::forward<Arguments>(arguments)...);
}

/// Calls a C function about a lock, with options of which only the lock file is used.
template <class Function, class... Arguments>
error ask_with(Function function, const std::filesystem::path &root, const options &how, Arguments &&...arguments) {
    options_handle made;
    if (error wrong = make(how, 0, made); wrong.status() != status::ok)
        return wrong;
    return ask(function, root, made.get(), std::forward<Arguments>(arguments)...);
}

/// Acquires with a timeout in milliseconds.
inline result<guard> acquire(const std::filesystem::path &root, std::string_view prompt, const options &how,
                             std::uint64_t timeout_ms) {
    guard_handle held;
    metadata_handle record;
    error outcome = begin(ralph_lock_acquire_with, root, prompt, how, timeout_ms, out(held), out(record));
    return {error(std::move(outcome), std::move(record)), guard(std::move(held))};
}

} // namespace detail

/// Takes the workspace's lock now. status::already_locked: the error names the holder.
///
/// `prompt`: what this process is going to do, for other processes to read. UTF-8 without a NUL; a NUL in it, as in a
/// path, is status::invalid_argument.
inline result<guard> try_acquire(const std::filesystem::path &root, std::string_view prompt,
                                 const options &how = {}) {
    return detail::acquire(root, prompt, how, 0);
}

/// Takes the workspace's lock, waiting without limit: in the kernel's queue, if there is no cancel token.
///
/// - status::interrupted: a signal handler ran
/// - status::cancelled: the token was triggered
inline result<guard> acquire(const std::filesystem::path &root, std::string_view prompt, const options &how = {}) {
    return detail::acquire(root, prompt, how, detail::no_limit);
}

/// Takes the workspace's lock, waiting until a time on any clock. status::timed_out: the error names the holder. With a
/// past time it is try_acquire(). A clock that is set forward during the wait does not end it earlier.
template <class Clock, class Duration>
result<guard> try_acquire_until(const std::filesystem::path &root, std::string_view prompt,
                                const std::chrono::time_point<Clock, Duration> &then, const options &how = {}) {
    for (std::uint64_t left = detail::milliseconds_until(then);;) {
        result<guard> taken = detail::acquire(root, prompt, how, left);
        // Time may pass differently on that clock than on the library's.
        left = detail::milliseconds_until(then);
        if (taken.status() != status::timed_out || left == 0)
            return taken;
    }
}

/// The same, for a duration.
template <class Rep, class Period>
result<guard> try_acquire_for(const std::filesystem::path &root, std::string_view prompt,
                              const std::chrono::duration<Rep, Period> &time, const options &how = {}) {
    return detail::acquire(root, prompt, how, detail::milliseconds(time));
}

/// Makes a guard of a descriptor from guard::into_fd(), here or in another process, or of one that a shell locked, and
/// makes this process the holder on record. On success the guard owns the descriptor; otherwise it stays the caller's.
inline result<guard> adopt(const std::filesystem::path &root, std::string_view prompt, int fd,
                           const options &how = {}) {
    detail::guard_handle held;
    error outcome = detail::begin(ralph_lock_adopt_fd, root, prompt, how, 0, fd, detail::out(held));
    return {std::move(outcome), guard(std::move(held))};
}

/// A wait for a lock in an event loop: poll its descriptor, and step when it is readable. It has no thread.
class waiter {
public:
    /// Begins a wait without limit.
    static result<waiter> start(const std::filesystem::path &root, std::string_view prompt,
                                const options &how = {}) {
        return start_for(root, prompt, detail::endless, how);
    }

    /// Begins a wait with a duration that starts here.
    template <class Rep, class Period>
    static result<waiter> start_for(const std::filesystem::path &root, std::string_view prompt,
                                    const std::chrono::duration<Rep, Period> &time, const options &how = {}) {
        detail::waiter_handle begun;
        error outcome = detail::begin(ralph_lock_waiter_new, root, prompt, how, detail::milliseconds(time),
                                      detail::out(begun));
        return {std::move(outcome), waiter(std::move(begun))};
    }

    /// The descriptor; it stays the same until the waiter's end, which closes it. It is readable for the first step.
    int fd() const noexcept { return ralph_lock_waiter_fd(wait_.get()); }

    /// Takes the lock if it is free; does not wait for it. status::already_locked: not yet, poll again. After any other
    /// status the wait is over.
    result<guard> step() {
        detail::guard_handle held;
        detail::metadata_handle record;
        error outcome = detail::call(ralph_lock_waiter_step, wait_.get(), detail::out(held), detail::out(record));
        return {error(std::move(outcome), std::move(record)), guard(std::move(held))};
    }

private:
    explicit waiter(detail::waiter_handle begun) noexcept : wait_(std::move(begun)) {}

    detail::waiter_handle wait_;
};

/// The answer of inspect().
struct inspection {
    ralph_lock::state state;
    /// The holder of the lock, if it left a record; with state::stale, the last one.
    std::optional<ralph_lock::holder> holder;
};

/// Whether the lock is held, and the record that belongs to that answer. Of the options only the lock file is used,
/// here and in the functions below.
inline result<inspection> inspect(const std::filesystem::path &root, const options &how = {}) {
    ralph_lock_state state = RALPH_LOCK_STATE_FREE;
    detail::metadata_handle record;
    error outcome = detail::ask_with(ralph_lock_inspect_with, root, how, &state, detail::out(record));
    inspection seen{static_cast<ralph_lock::state>(state), {}};
    if (record != nullptr)
        seen.holder.emplace(std::move(record));
    return {std::move(outcome), std::move(seen)};
}

/// The record, without touching the lock: status::not_found if there is none. A record alone does not mean that the
/// lock is held.
inline result<holder> read_existing(const std::filesystem::path &root) {
    detail::metadata_handle record;
    error outcome = detail::ask(ralph_lock_read_existing, root, detail::out(record));
    return {std::move(outcome), holder(std::move(record))};
}

/// Whether a process holds the lock at this moment. To act on it, acquire instead.
inline result<bool> is_locked(const std::filesystem::path &root) {
    bool locked = false;
    error outcome = detail::ask(ralph_lock_is_locked, root, &locked);
    return {std::move(outcome), locked};
}

/// Sends a signal to the process that holds the lock, and to no other.
///
/// - status::not_found: no process holds the lock
/// - status::parse: the holder left no record
/// - status::not_live: the process on record is not provably the holder
inline result<void> signal_holder(const std::filesystem::path &root, int signal_number, const options &how = {}) {
    return detail::ask_with(ralph_lock_signal_holder_with, root, how, signal_number);
}

/// The processes that keep the lock, as far as the caller may see them: the holder, or those that inherited its
/// descriptor.
inline result<std::vector<std::uint32_t>> find_keepers(const std::filesystem::path &root, const options &how = {}) {
    std::vector<std::uint32_t> pids(16);
    for (;;) {
        std::size_t count = 0;
        error outcome = detail::ask_with(ralph_lock_find_keepers_with, root, how, pids.data(), pids.size(), &count);
        const bool all = count <= pids.size();
        pids.resize(count);
        if (all)
            return {std::move(outcome), std::move(pids)};
    }
}

/// The workspace that a directory belongs to: the nearest directory at or above it that contains .git, or a nearer held
/// lock file; or status::not_found.
inline result<std::filesystem::path> find_root(const std::filesystem::path &start = ".") {
    std::string found(255, '\0');
    for (;;) {
        std::size_t length = 0;
        error outcome = detail::ask(ralph_lock_find_root, start, found.data(), found.size() + 1, &length);
        const bool fits = length <= found.size();
        found.resize(length);
        if (fits)
            return {std::move(outcome), std::filesystem::path(found)};
    }
}

/// What a lock is worth on the workspace's file system.
inline result<filesystem> probe_filesystem(const std::filesystem::path &root) {
    ralph_lock_filesystem verdict = RALPH_LOCK_FILESYSTEM_UNKNOWN;
    error outcome = detail::ask(ralph_lock_probe_filesystem, root, &verdict);
    return {std::move(outcome), static_cast<filesystem>(verdict)};
}

/// A workspace as a mutex, between processes and between threads: for std::unique_lock, std::scoped_lock and
/// std::lock_guard.
///
///     ralph_lock::workspace here(".", "implement auth");
///     const std::scoped_lock lock(here);
///
/// Its functions are those of std::timed_mutex; inspect() names the holder. Failures, like a read-only file system, are
/// thrown as lock_error, also by try_lock(), so that they do not count as "held": without exceptions, use acquire().
/// Like every mutex it is not recursive. Its destructor releases the lock.
class workspace {
public:
    workspace(std::filesystem::path root, std::string prompt, options how = {})
        : root_(std::move(root)), prompt_(std::move(prompt)), options_(std::move(how)) {}
    workspace(const workspace &) = delete;
    workspace &operator=(const workspace &) = delete;
    ~workspace() { unlock(); }

    /// Waits without limit. A cancelled wait is a lock_error.
    void lock() {
        if (result<guard> taken = patiently([this] { return acquire(root_, prompt_, options_); }); !keep(taken))
            detail::raise(taken.error());
    }

    /// Takes the lock if it is free now; false if not.
    bool try_lock() { return try_lock_until((std::chrono::steady_clock::time_point::min)()); }

    /// Takes the lock within that time; false if it was not free, or the wait was cancelled.
    template <class Rep, class Period> bool try_lock_for(const std::chrono::duration<Rep, Period> &time) {
        return try_lock_until(detail::deadline(time));
    }

    /// Takes the lock until that time; false as above.
    template <class Clock, class Duration>
    bool try_lock_until(const std::chrono::time_point<Clock, Duration> &then) {
        result<guard> taken = patiently([&] { return try_acquire_until(root_, prompt_, then, options_); });
        return keep(taken);
    }

    /// Releases the lock; does nothing if it is not held.
    void unlock() noexcept { ralph_lock_release(held_.exchange(nullptr)); }

private:
    template <class Attempt> static result<guard> patiently(const Attempt &attempt) {
        result<guard> taken = attempt();
        while (taken.status() == status::interrupted)
            taken = attempt();
        return taken;
    }

    /// The exchange makes a thread's writes before unlock() visible to the next thread that locks.
    bool keep(result<guard> &taken) {
        switch (taken.status()) {
        case status::already_locked:
        case status::timed_out:
        case status::cancelled:
            return false;
        default:
            held_.exchange(taken->held_.release());
            return true;
        }
    }

    const std::filesystem::path root_;
    const std::string prompt_;
    const options options_;
    std::atomic<ralph_lock_guard *> held_{nullptr};
};

} // namespace ralph_lock

/// Makes a status convert to std::error_code.
template <> struct std::is_error_code_enum<ralph_lock::status> : std::true_type {};

#endif
#endif
