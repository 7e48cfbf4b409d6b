import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import test from 'node:test';
import * as imported from 'ralph-lock';
import { installed, workspace } from './help.js';

const require = createRequire(import.meta.url);

test('import and require give the same module', () => {
  const required = require('ralph-lock');
  assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort());
  for (const [name, value] of Object.entries(required)) assert.equal(imported[name], value, name);
});

test('the types have what the module has', () => {
  const types = fs.readFileSync(path.join(installed, 'index.d.ts'), 'utf8');
  const declared = [...types.matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(declared.sort(), Object.keys(imported).sort());
});

test('the archive has a licence, and nothing that is needed only to build', () => {
  const files = fs.readdirSync(installed).sort();
  const wanted = [
    'LICENSE',
    'README.md',
    'addon',
    'index.d.mts',
    'index.d.ts',
    'index.js',
    'index.mjs',
    'package.json',
    'src',
  ];
  assert.deepEqual(files, wanted);
});

test('a platform without an addon is told what to do', (t) => {
  const copy = path.join(workspace(t), 'ralph-lock');
  fs.cpSync(installed, copy, { recursive: true });
  fs.rmSync(path.join(copy, 'addon'), { recursive: true });
  const script = `try { require(${JSON.stringify(copy)}) } catch (error) { console.log(error.message) }`;
  const said = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  assert.match(
    said,
    /^ralph-lock has no addon for linux-\w+-(gnu|musl)\. From a clone, .* Tried: .*@ralph-lock\/linux-/,
  );
});

test("a platform's own package is used", (t) => {
  const modules = path.join(workspace(t), 'node_modules');
  fs.cpSync(installed, path.join(modules, 'ralph-lock'), { recursive: true });
  const [file] = fs.readdirSync(path.join(installed, 'addon'));
  const platform = file.replace(/^ralph-lock\.(.*)\.node$/, '$1');
  const own = path.join(modules, '@ralph-lock', platform);
  fs.mkdirSync(own, { recursive: true });
  fs.renameSync(path.join(modules, 'ralph-lock/addon', file), path.join(own, file));
  fs.writeFileSync(path.join(own, 'package.json'), JSON.stringify({ main: file }));
  const script = `console.log(typeof require(${JSON.stringify(path.join(modules, 'ralph-lock'))}).acquire)`;
  assert.equal(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }), 'function\n');
});

test('what the manual shows works as it is shown', async (t) => {
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
