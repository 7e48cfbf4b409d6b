import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { installed, internal } from './help.js';

// What the package has of its own, compared with the header.
const header = fs.readFileSync(process.env.HEADER, 'utf8');
const words = await internal('words.js');
const library = await internal('library.js');
const { version } = JSON.parse(fs.readFileSync(path.join(installed, 'package.json'), 'utf8'));

/** The names and values of an enum, without what they have in common. */
function members(name, prefix) {
  const [, body] = header.match(new RegExp(`typedef enum \\{([^}]*)\\} ${name};`));
  return [...body.matchAll(new RegExp(`${prefix}(\\w+) = (\\d+),`, 'g'))].map(([, name, value]) => [
    name,
    Number(value),
  ]);
}

const inWords = (members) => members.map(([name, value]) => [name.toLowerCase().replaceAll('_', '-'), value]);
const numbered = (list) => list.map((word, value) => [word, value]);

test('the words for the enums are those of the header', () => {
  assert.deepEqual(numbered(words.STATES), inWords(members('ralph_lock_state', 'RALPH_LOCK_STATE_')));
  assert.deepEqual(
    numbered(words.FILESYSTEMS),
    inWords(members('ralph_lock_filesystem', 'RALPH_LOCK_FILESYSTEM_')),
  );
  assert.deepEqual(numbered(words.LIVENESS), inWords(members('ralph_lock_liveness', 'RALPH_LOCK_LIVENESS_')));
  assert.deepEqual(numbered(words.RELATIONS), inWords(members('ralph_lock_relation', 'RALPH_LOCK_RELATION_')));
});

test('the statuses of the types are those of the header', () => {
  const types = fs.readFileSync(path.join(installed, 'index.d.ts'), 'utf8');
  const [, union] = types.match(/export type Status =([^;]*);/);
  const statuses = members('ralph_lock_status', 'RALPH_LOCK_');
  assert.deepEqual(
    [...union.matchAll(/'(\w+)'/g)].map(([, name]) => name),
    statuses.map(([name]) => `RALPH_LOCK_${name}`),
  );
  for (const [name, value] of statuses) assert.equal(library.statusName(value), `RALPH_LOCK_${name}`);
});

test('every function takes as many parameters as in the header', () => {
  const declared = fs.readFileSync(path.join(installed, 'src/library.js'), 'utf8');
  const names = [...declared.matchAll(/declare\(\s*'(\w+)'/g)].map(([, name]) => name);
  assert.ok(names.length > 30);
  for (const name of names) {
    const [, parameters] = header.match(new RegExp(`\\bralph_lock_${name}\\(([^)]*)\\);`));
    const count = parameters === 'void' ? 0 : parameters.split(',').length;
    const ours = name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
    const { info } = Object.values(library).find((value) => value?.info?.name === `ralph_lock_${name}`) ?? {};
    assert.equal(info?.arguments.length, count, ours);
  }
});

test('the version is that of the header and the library', () => {
  assert.equal(version, header.match(/#define RALPH_LOCK_VERSION "(.*)"/)[1]);
  assert.equal(version, library.version());
});
