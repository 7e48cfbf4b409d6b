// Shared by the tests: workspaces, and other processes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** An empty directory for one test. */
export function workspace(t) {
  const root = mkdtempSync(path.join(tmpdir(), 'ralph-lock-test-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

/** A program of tests/programs. */
export function program(name) {
  return fileURLToPath(new URL(`programs/${name}`, import.meta.url));
}

/** The directory of the installed package. */
export const installed = path.dirname(createRequire(import.meta.url).resolve('ralph-lock'));

/** The reason with which a promise rejects. */
export const failure = (promise) =>
  promise.then(
    (value) => {
      throw new Error(`it resolved with ${value}`);
    },
    (error) => error,
  );

/** A signal like jsdom's or a polyfill's: an object of another class, here without a reason. */
export class ForeignSignal {
  aborted = false;
  listeners = new Set();

  addEventListener(type, listener) {
    this.listeners.add(listener);
  }

  removeEventListener(type, listener) {
    this.listeners.delete(listener);
  }

  abort() {
    this.aborted = true;
    for (const listener of this.listeners) listener({ type: 'abort' });
    this.listeners.clear();
  }
}

/** Another process, whose output lines can be read, and which ends with the test. */
export class Process {
  constructor(t, command, args, options) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], ...options });
    this.ended = once(this.child, 'close').then(([status, signal]) => status ?? signal);
    this.lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
    t.after(() => this.child.kill('SIGKILL'));
  }

  get pid() {
    return this.child.pid;
  }

  /** The next line; undefined at the end. */
  async line() {
    return (await this.lines.next()).value;
  }

  /** Tells the process to continue. */
  say(text) {
    this.child.stdin.write(`${text}\n`);
  }

  /** Closes its input, and resolves with its status once it has ended. */
  async end() {
    this.child.stdin.end();
    return this.ended;
  }

  async kill() {
    this.child.kill('SIGKILL');
    return this.ended;
  }
}

export function node(t, name, args, options = {}) {
  return new Process(t, process.execPath, [...(options.flags ?? []), program(name), ...args], options);
}

/** A process that holds the lock by now. */
export async function holder(t, root, prompt) {
  const holding = node(t, 'hold.js', [root, prompt]);
  const line = await holding.line();
  if (line !== 'held') throw new Error(`the holder said ${line}`);
  return holding;
}

/** How many descriptors this process has. */
export const descriptors = () => readdirSync('/proc/self/fd').length;

/** How many threads of this process are the package's. */
export const own = () => readdirSync('/proc/self/task').filter(isOwn).length;

function isOwn(thread) {
  try {
    return readFileSync(`/proc/self/task/${thread}/comm`, 'utf8') === 'ralph-lock\n';
  } catch (error) {
    // It has ended since its pid was read.
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Runs the event loop until the condition holds. */
export async function until(condition) {
  while (!(await condition())) await setImmediate();
}

/** A lock of flock(1), which leaves no record. */
export async function nameless(t, file) {
  const holding = new Process(t, 'flock', [file, 'sh', '-c', 'echo held; cat']);
  await holding.line();
  return holding;
}
