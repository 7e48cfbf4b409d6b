# The lock from Ruby, by fiddle: take it and work, or name its holder.
#
# Needs Ruby 3, and libralph_lock.so.0 installed or on LD_LIBRARY_PATH:
#     ruby minimal.rb "implement auth"
require 'fiddle/import'

module RalphLock
  extend Fiddle::Importer
  dlload 'libralph_lock.so.0'
  typealias 'ralph_lock_status', 'int32_t'
  <<~C.strip.split(';').each { |declaration| extern declaration.strip }
    ralph_lock_status ralph_lock_try_acquire(const char *workspace_root, const char *prompt,
                                             ralph_lock_guard **guard, ralph_lock_metadata **holder,
                                             ralph_lock_error **error);
    ralph_lock_status ralph_lock_release(ralph_lock_guard *guard);
    const char *ralph_lock_guard_path(const ralph_lock_guard *guard);
    const char *ralph_lock_metadata_summary(const ralph_lock_metadata *metadata);
    void ralph_lock_metadata_free(ralph_lock_metadata *metadata);
    const char *ralph_lock_error_message(const ralph_lock_error *error);
    void ralph_lock_error_free(ralph_lock_error *error);
  C
  RALPH_LOCK_OK = 0

  Error = Class.new(StandardError)
  Held = Class.new(StandardError)

  # Holds the lock while the block runs. Raises Held if it has a holder on record, else Error.
  def self.hold(root, prompt)
    out = Array.new(3) { Fiddle::Pointer.malloc(Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE) }
    status = ralph_lock_try_acquire(root, prompt, *out)
    guard, holder, error = out.map(&:ptr)
    raise Held, "taken by #{text(ralph_lock_metadata_summary(holder))}" unless holder.null?
    raise Error, text(ralph_lock_error_message(error)) unless status == RALPH_LOCK_OK

    yield text(ralph_lock_guard_path(guard))
    raise Error, 'the lock is free, our record is left' unless ralph_lock_release(guard) == RALPH_LOCK_OK
  ensure
    ralph_lock_metadata_free(holder)
    ralph_lock_error_free(error)
    ralph_lock_release(guard) # does nothing the second time
  end

  def self.text(pointer) = pointer.to_s.force_encoding(Encoding::UTF_8)
end

begin
  RalphLock.hold('.', ARGV.fetch(0, '')) { |path| puts "we hold #{path} and can work" }
rescue RalphLock::Held, RalphLock::Error => e
  puts e.is_a?(RalphLock::Held) ? e.message : "not locked: #{e.message}"
  exit 1
end
