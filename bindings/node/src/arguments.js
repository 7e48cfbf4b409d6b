// What callers pass, checked as node:fs does it, in the form that C takes.
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

function wrongType(name, wanted, value) {
  const error = new TypeError(
    `The "${name}" argument must be ${wanted}. Received ${value === null ? null : typeof value}`,
  );
  return Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
}

function terminated(name, bytes) {
  if (!bytes.includes(0)) return Buffer.concat([bytes, Buffer.alloc(1)]);
  const error = new TypeError(`The argument '${name}' must be without null bytes`);
  throw Object.assign(error, { code: 'ERR_INVALID_ARG_VALUE' });
}

/** A path: a string, a file URL, or bytes. */
export function path(name, value) {
  if (value instanceof URL) return path(name, fileURLToPath(value));
  if (value instanceof Uint8Array) return terminated(name, value);
  if (typeof value === 'string') return terminated(name, Buffer.from(value));
  throw wrongType(name, 'of type string or an instance of Buffer or URL', value);
}

export function text(name, value) {
  if (typeof value === 'string') return terminated(name, Buffer.from(value));
  throw wrongType(name, 'of type string', value);
}

/** Milliseconds as a whole number; undefined for as long as it takes. */
export function milliseconds(name, value) {
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw wrongType(name, 'of type number', value);
  if (!(value >= 0)) {
    const error = new RangeError(`The value of "${name}" is out of range. It must be >= 0. Received ${value}`);
    throw Object.assign(error, { code: 'ERR_OUT_OF_RANGE' });
  }
  const whole = Math.ceil(value);
  return Number.isSafeInteger(whole) ? whole : undefined;
}

export function descriptor(name, value) {
  if (Number.isInteger(value)) return value;
  throw wrongType(name, 'an integer', value);
}

/** A signal's number; it may be given by its name. */
export function signalNumber(name, value) {
  if (Number.isInteger(value)) return value;
  if (Object.hasOwn(constants.signals, value)) return constants.signals[value];
  const error = new TypeError(`Unknown signal: ${value}`);
  throw Object.assign(error, { code: 'ERR_UNKNOWN_SIGNAL' });
}

export function abortSignal(name, value) {
  if (value === undefined || typeof value?.aborted === 'boolean') return value;
  throw wrongType(name, 'an instance of AbortSignal', value);
}
