// Whatever looks at a file system is called where node:fs has its calls made, in libuv's pool of threads: most
// take microseconds, but a lock on another machine's disk takes as long as the network does. No wait is among
// them.
import { errorFree, errorMessage, errorOsCode, errorPath, koffi, statusName } from './library.js';

// Koffi takes 256 calls at a time, from all of its users, and the pool has but a few threads.
const MOST = 32;

let running = 0;
const queue = [];

/** Calls a C function; resolves with what it gives, and with the `errno` that it left. */
export function call(c, ...values) {
  return new Promise((resolve, reject) => {
    const begin = () => {
      running += 1;
      try {
        c.async(...values, end);
      } catch {
        // Others have used koffi's calls up: then in place.
        end(null, c(...values));
      }
    };
    const end = (error, result) => {
      const errno = koffi.errno();
      running -= 1;
      queue.shift()?.();
      if (error) reject(error);
      // `values` are named here to live as long as the call: koffi does not keep the buffers among them.
      else resolve({ result, errno, values });
    };
    if (running < MOST) begin();
    else queue.push(begin);
  });
}

/** Calls a C function that gives a status and, as its last parameter, an error; resolves with what both say. */
export async function attempt(c, ...values) {
  const error = [null];
  const { result } = await call(c, ...values, error);
  return outcome(result, error[0]);
}

/** The same for a function that looks at no file. */
export function attemptInPlace(c, ...values) {
  const error = [null];
  return outcome(c(...values, error), error[0]);
}

function outcome(status, error) {
  const said = {
    status: statusName(status),
    message: errorMessage(error),
    osCode: errorOsCode(error),
    path: errorPath(error) ?? undefined,
  };
  errorFree(error);
  return said;
}
