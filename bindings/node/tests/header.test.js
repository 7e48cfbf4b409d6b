import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { installed } from './help.js';

// Compares the package's own spellings with the header.
const header = fs.readFileSync(process.env.HEADER, 'utf8');
const types = fs.readFileSync(path.join(installed, 'index.d.ts'), 'utf8');

/** The names of an enum, without their common prefix. */
function members(name, prefix) {
  const [, body] = header.match(new RegExp(`typedef enum \\{([^}]*)\\} ${name};`));
  return [...body.matchAll(new RegExp(`${prefix}(\\w+) = \\d+,`, 'g'))].map(([, name]) => name);
}

const inWords = (name, prefix) => members(name, prefix).map((name) => name.toLowerCase().replaceAll('_', '-'));
const quoted = (text) => [...text.matchAll(/'([\w-]+)'/g)].map(([, word]) => word);

test('the words of the types are those of the header', () => {
  const union = (pattern) => quoted(types.match(pattern)[1]);
  assert.deepEqual(union(/readonly liveness: ([^;]*);/), inWords('ralph_lock_liveness', 'RALPH_LOCK_LIVENESS_'));
  assert.deepEqual(union(/readonly relation: ([^;]*);/), inWords('ralph_lock_relation', 'RALPH_LOCK_RELATION_'));
  assert.deepEqual(
    union(/probeFilesystem[^<]*<([^>]*)>/),
    inWords('ralph_lock_filesystem', 'RALPH_LOCK_FILESYSTEM_'),
  );
  const states = [...types.matchAll(/{ state: '(\w+)'/g)].map(([, word]) => word);
  assert.deepEqual(states, inWords('ralph_lock_state', 'RALPH_LOCK_STATE_'));
});

test('the statuses of the types are those of the header', () => {
  const [, union] = types.match(/export type Status =([^;]*);/);
  assert.deepEqual(
    quoted(union),
    members('ralph_lock_status', 'RALPH_LOCK_').map((name) => `RALPH_LOCK_${name}`),
  );
});

test('the version is that of the header', () => {
  const { version } = JSON.parse(fs.readFileSync(path.join(installed, 'package.json'), 'utf8'));
  assert.equal(version, header.match(/#define RALPH_LOCK_VERSION "(.*)"/)[1]);
});
