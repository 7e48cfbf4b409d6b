-- The lock from LuaJIT, by its ffi library: take it and work, or name its holder.
--
-- Needs LuaJIT 2, and libralph_lock.so.0 installed or on LD_LIBRARY_PATH:
--     luajit minimal.lua "implement auth"
local ffi = require("ffi")

ffi.cdef [[
typedef enum { RALPH_LOCK_OK = 0 } ralph_lock_status;
typedef struct ralph_lock_guard ralph_lock_guard;
typedef struct ralph_lock_metadata ralph_lock_metadata;
typedef struct ralph_lock_error ralph_lock_error;

ralph_lock_status ralph_lock_try_acquire(const char *workspace_root, const char *prompt,
                                         ralph_lock_guard **guard, ralph_lock_metadata **holder,
                                         ralph_lock_error **error);
ralph_lock_status ralph_lock_release(ralph_lock_guard *guard);
const char *ralph_lock_guard_path(const ralph_lock_guard *guard);
const char *ralph_lock_metadata_summary(const ralph_lock_metadata *metadata);
void ralph_lock_metadata_free(ralph_lock_metadata *metadata);
const char *ralph_lock_error_message(const ralph_lock_error *error);
void ralph_lock_error_free(ralph_lock_error *error);
]]
local lock = ffi.load("libralph_lock.so.0")

-- Room for the three results, which are freed at the latest when Lua collects them.
local guard = ffi.new("ralph_lock_guard *[1]")
local holder = ffi.new("ralph_lock_metadata *[1]")
local failure = ffi.new("ralph_lock_error *[1]")
local status = lock.ralph_lock_try_acquire(".", arg[1] or "", guard, holder, failure)
guard = ffi.gc(guard[0], lock.ralph_lock_release)
holder = ffi.gc(holder[0], lock.ralph_lock_metadata_free)
failure = ffi.gc(failure[0], lock.ralph_lock_error_free)

if status == lock.RALPH_LOCK_OK then
    print(("we hold %s and can work"):format(ffi.string(lock.ralph_lock_guard_path(guard))))
elseif holder ~= nil then
    print("taken by " .. ffi.string(lock.ralph_lock_metadata_summary(holder)))
else
    print("not locked: " .. ffi.string(lock.ralph_lock_error_message(failure)))
end

local done = guard ~= nil and lock.ralph_lock_release(ffi.gc(guard, nil)) == lock.RALPH_LOCK_OK
os.exit(done, true) -- true: what is left is collected
