'use strict';
// Checks callers' arguments like node:fs, and converts them for the addon.
const { constants } = require('node:os');
const { fileURLToPath } = require('node:url');
const { isUint8Array } = require('node:util').types;

const MAX_INT = 2 ** 31 - 1;

function fail(Type, code, message) {
  return Object.assign(new Type(message), { code });
}

function wrongType(name, wanted, value) {
  const received = value === null ? null : typeof value;
  return fail(TypeError, 'ERR_INVALID_ARG_TYPE', `The "${name}" argument must be ${wanted}. Received ${received}`);
}

function outOfRange(name, wanted, value) {
  return fail(
    RangeError,
    'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${wanted}. Received ${value}`,
  );
}

/** A string that UTF-8 can represent: an unpaired surrogate would become U+FFFD. */
function text(name, value) {
  if (typeof value !== 'string') throw wrongType(name, 'of type string', value);
  const wrong = value.includes('\0') ? 'null bytes' : /\p{Surrogate}/u.test(value) ? 'lone surrogates' : null;
  if (wrong)
    throw fail(TypeError, 'ERR_INVALID_ARG_VALUE', `The argument '${name}' must be a string without ${wrong}`);
  return value;
}

/** A path as bytes: from a string, a file URL, or bytes. */
function path(name, value) {
  if (typeof value === 'string') return Buffer.from(text(name, value));
  if (isUint8Array(value)) {
    if (!value.includes(0)) return Buffer.from(value);
    throw fail(TypeError, 'ERR_INVALID_ARG_VALUE', `The argument '${name}' must be bytes without null bytes`);
  }
  // As in node:fs, a URL of another realm, such as jsdom's, is a URL too.
  if (typeof value?.href === 'string' && typeof value.protocol === 'string')
    return path(name, fileURLToPath(value.href));
  throw wrongType(name, 'of type string or an instance of Buffer, Uint8Array or URL', value);
}

function optionalPath(name, value) {
  return value === undefined ? undefined : path(name, value);
}

/** Options, which may be omitted. A misspelled name is refused, because it would be ignored silently. */
function options(value, known) {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null) throw wrongType('options', 'of type object', value);
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown === undefined) return value;
  throw fail(
    TypeError,
    'ERR_INVALID_ARG_VALUE',
    `The argument 'options' has no property "${unknown}"; it has ${known.join(', ')}`,
  );
}

/** Milliseconds as a whole number; undefined for no limit. */
function milliseconds(name, value) {
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw wrongType(name, 'of type number', value);
  if (!(value >= 0)) throw outOfRange(name, '>= 0', value);
  const whole = Math.ceil(value);
  return Number.isSafeInteger(whole) ? whole : undefined;
}

/** A number that fits into a C int: a larger one would be truncated. */
function int(name, value) {
  if (typeof value !== 'number') throw wrongType(name, 'of type number', value);
  if (Number.isInteger(value) && value >= 0 && value <= MAX_INT) return value;
  throw outOfRange(name, `an integer >= 0 and <= ${MAX_INT}`, value);
}

/** The number of a signal given by name or number. */
function signalNumber(name, value) {
  if (typeof value !== 'string') return int(name, value);
  if (Object.hasOwn(constants.signals, value)) return constants.signals[value];
  throw fail(TypeError, 'ERR_UNKNOWN_SIGNAL', `Unknown signal: ${value}`);
}

/** Any object with an AbortSignal's interface: jsdom and polyfills have their own. */
function abortSignal(name, value) {
  if (value === undefined) return undefined;
  const fits =
    typeof value?.aborted === 'boolean' &&
    typeof value.addEventListener === 'function' &&
    typeof value.removeEventListener === 'function';
  if (!fits) throw wrongType(name, 'an AbortSignal', value);
  return value;
}

module.exports = { abortSignal, int, milliseconds, optionalPath, options, path, signalNumber, text };
