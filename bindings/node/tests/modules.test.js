import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import test from 'node:test';
import * as imported from 'ralph-lock';
import { installed, workspace } from './help.js';

const require = createRequire(import.meta.url);

test('import and require give the same module', () => {
  const required = require('ralph-lock');
  for (const [name, value] of Object.entries(required)) assert.equal(imported[name], value, name);
  assert.equal(imported.default, required);
});

test('the types have what the module has', () => {
  const types = fs.readFileSync(path.join(installed, 'index.d.ts'), 'utf8');
  const declared = [...types.matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(declared.sort(), Object.keys(require('ralph-lock')).sort());
});

test('the archive has a licence, and nothing that is needed only to build', () => {
  const files = fs.readdirSync(installed).sort();
  const wanted = [
    'LICENSE',
    'README.md',
    'addon',
    'bin',
    'index.d.ts',
    'index.js',
    'package.json',
    'src',
  ];
  assert.deepEqual(files, wanted);
});

// A platform's name, as the addon that was built here has it.
const [addon] = fs.readdirSync(path.join(installed, 'addon'));
const platform = addon.replace(/^ralph-lock\.(.*)\.node$/, '$1');

/** A copy without an addon, as it is published: with a package for each of the platforms. */
function published(t, platforms) {
  const copy = path.join(workspace(t), 'node_modules/ralph-lock');
  fs.cpSync(installed, copy, { recursive: true });
  fs.rmSync(path.join(copy, 'addon'), { recursive: true });
  const file = path.join(copy, 'package.json');
  const { version, ...rest } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const optionalDependencies = platforms && Object.fromEntries(platforms.map((name) => [`@ralph-lock/${name}`, version]));
  fs.writeFileSync(file, JSON.stringify({ version, ...rest, optionalDependencies }));
  return copy;
}

/** Adds the platform's own package to a copy; gives its folder. */
function platformPackage(copy) {
  const own = path.join(copy, '../@ralph-lock', platform);
  fs.mkdirSync(own, { recursive: true });
  fs.writeFileSync(path.join(own, 'package.json'), JSON.stringify({ main: addon }));
  return own;
}

test('a platform without an addon is told what to do', (t) => {
  const told = (platforms) => {
    const copy = JSON.stringify(published(t, platforms));
    return execFileSync(process.execPath, ['-e', `try { require(${copy}) } catch (error) { console.log(error.message) }`], {
      encoding: 'utf8',
    });
  };
  const clone = told();
  assert.match(clone, /^ralph-lock has no addon for linux-\w+-(gnu|musl)\. In a clone, .* Tried: .*@ralph-lock\/linux-/);
  const missing = told([platform, 'other']);
  assert.ok(missing.includes(`The package @ralph-lock/${platform} is not installed.`), missing);
  assert.ok(missing.includes('npm install --include=optional ralph-lock'), missing);
  assert.match(told(['other']), /packages for @ralph-lock\/other alone/);
});

test("a platform's own package is used", (t) => {
  const copy = published(t, [platform]);
  fs.copyFileSync(path.join(installed, 'addon', addon), path.join(platformPackage(copy), addon));
  const script = `console.log(typeof require(${JSON.stringify(copy)}).acquire)`;
  assert.equal(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }), 'function\n');
});

test("the command becomes the tool of the platform's package, with no process in between", (t) => {
  const copy = published(t, [platform]);
  const tool = path.join(platformPackage(copy), 'ralph-lock');
  fs.writeFileSync(tool, '#!/bin/sh\necho $$ "$@"\nkill -TERM $$\n', { mode: 0o755 });
  // npm makes such a link.
  const command = path.join(copy, '../ralph-lock.link');
  fs.symlinkSync(path.join(copy, 'bin/ralph-lock'), command);
  const { pid, stdout, signal } = spawnSync(command, ['run', 'two words'], { encoding: 'utf8' });
  assert.equal(stdout, `${pid} run two words\n`);
  assert.equal(signal, 'SIGTERM');
});

test('a command without its tool says which package is missing', (t) => {
  const { status, stderr } = spawnSync(path.join(published(t, [platform]), 'bin/ralph-lock'), { encoding: 'utf8' });
  assert.equal(status, 74);
  assert.ok(stderr.includes(`@ralph-lock/${platform} is not installed`), stderr);
});

test('the programs in the README work as shown', async (t) => {
  const readme = fs.readFileSync(path.join(installed, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, block]) => block);
  assert.equal(blocks.length, 2);
  for (const [number, block] of blocks.entries()) {
    const file = path.join(path.dirname(path.dirname(installed)), `readme-${number}.mjs`);
    fs.writeFileSync(file, block);
    const output = execFileSync(process.execPath, [file], { cwd: workspace(t), encoding: 'utf8' });
    assert.equal(output, number === 0 ? 'working under ./.ralph/loop.lock\n' : '');
  }
});
