// The C library: where it is, and its functions.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

// Its other entry needs Node 20.11.
export const koffi = createRequire(import.meta.url)('koffi');

const NAME = 'libralph_lock.so.0';

function load() {
  const packed = fileURLToPath(new URL(`../native/${NAME}`, import.meta.url));
  const path = existsSync(packed) ? packed : NAME;
  try {
    return koffi.load(path);
  } catch (cause) {
    throw new Error(`ralph-lock cannot load ${path}, without which it does nothing: ${cause.message}`, {
      cause,
    });
  }
}

// Handles are numbers that the library looks up. Texts go in as buffers that end with NUL, because paths are
// bytes.
const handle = 'void *';
const text = 'void *';
const result = koffi.out(koffi.pointer(handle));
const number = koffi.out(koffi.pointer('int32_t'));
const status = 'int32_t';

const library = load();
const declare = (name, gives, takes) => library.func(`ralph_lock_${name}`, gives, takes);

export const statusName = declare('status_name', 'str', ['int32_t']);
export const version = declare('version', 'str', []);

export const acquireWith = declare('acquire_with', status, [text, text, handle, result, result, result]);
export const release = declare('release', status, [handle]);
export const guardPath = declare('guard_path', handle, [handle]);
export const guardVerify = declare('guard_verify', status, [handle, result]);
export const guardPrevious = declare('guard_previous', status, [handle, result, result]);
export const guardIntoFd = declare('guard_into_fd', status, [handle, number, result]);
export const adoptFd = declare('adopt_fd', status, [text, text, handle, 'int32_t', result, result]);

export const readExisting = declare('read_existing', status, [text, result, result]);
export const isLocked = declare('is_locked', status, [text, koffi.out(koffi.pointer('bool')), result]);
export const inspect = declare('inspect', status, [text, number, result, result]);
export const signalHolder = declare('signal_holder', status, [text, 'int32_t', result]);
export const findKeepers = declare('find_keepers', status, [
  text,
  'void *',
  'size_t',
  koffi.out(koffi.pointer('size_t')),
  result,
]);
export const probeFilesystem = declare('probe_filesystem', status, [text, number, result]);

export const optionsNew = declare('options_new', handle, []);
export const optionsSetTimeout = declare('options_set_timeout_ms', status, [handle, 'uint64_t']);
export const optionsSetLockFile = declare('options_set_lock_file', status, [handle, text]);
export const optionsFree = declare('options_free', 'void', [handle]);

export const waiterNew = declare('waiter_new', status, [text, text, handle, result, result]);
export const waiterFd = declare('waiter_fd', 'int32_t', [handle]);
export const waiterStep = declare('waiter_step', status, [handle, result, result, result]);
export const waiterFree = declare('waiter_free', 'void', [handle]);

export const metadataPid = declare('metadata_pid', 'uint32_t', [handle]);
export const metadataStartedNs = declare('metadata_started_unix_ns', 'int64_t', [handle]);
export const metadataStartedText = declare('metadata_started_rfc3339', 'str', [handle]);
export const metadataPrompt = declare('metadata_prompt', 'str', [handle]);
export const metadataHost = declare('metadata_host', 'str', [handle]);
export const metadataLiveness = declare('metadata_liveness', 'int32_t', [handle]);
export const metadataRelation = declare('metadata_relation', 'int32_t', [handle]);
export const metadataFree = declare('metadata_free', 'void', [handle]);

export const errorOsCode = declare('error_os_code', 'int32_t', [handle]);
export const errorMessage = declare('error_message', 'str', [handle]);
export const errorPath = declare('error_path', 'str', [handle]);
export const errorFree = declare('error_free', 'void', [handle]);

export const fcntl = koffi.load(null).func('int fcntl(int fd, int command, ...)');

/** The bytes of a C string. */
export function bytesAt(pointer) {
  return Buffer.from(koffi.decode(pointer, 'uint8_t', -1));
}
