// npm runs this in a clone, before it links or packs the package. It puts the shared library into native/: the
// one that RALPH_LOCK_LIBRARY names, else one that is built now.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const LIBRARY = 'libralph_lock.so.0';
const here = path.dirname(fileURLToPath(import.meta.url));

if (process.env.RALPH_LOCK_LIBRARY) install(process.env.RALPH_LOCK_LIBRARY);
else build();
// A package that npm merely links gets no dependencies from it.
if (process.env.npm_command === 'install' && !existsSync(path.join(here, 'node_modules'))) {
  const options = ['--global=false', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync(process.execPath, [process.env.npm_execpath, 'install', ...options], {
    cwd: here,
    stdio: 'inherit',
  });
}

function install(library) {
  const folder = path.join(here, 'native');
  mkdirSync(folder, { recursive: true });
  // Not over the old one: a process may be running it.
  rmSync(path.join(folder, LIBRARY), { force: true });
  copyFileSync(library, path.join(folder, LIBRARY));
}

function build() {
  const folder = mkdtempSync(path.join(tmpdir(), 'ralph-lock-'));
  try {
    const places = ['DESTDIR=', `PREFIX=${folder}`, `LIBDIR=${folder}`, `INCLUDEDIR=${folder}`];
    execFileSync('make', ['--silent', '-C', path.join(here, '../..'), 'install', ...places], {
      stdio: 'inherit',
    });
    install(path.join(folder, LIBRARY));
  } catch (error) {
    console.error(`ralph-lock: the shared library cannot be built. ${error.message}`);
    console.error(`To use one that is there: RALPH_LOCK_LIBRARY=/usr/lib/${LIBRARY} npm install ...`);
    process.exit(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
