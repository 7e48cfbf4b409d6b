import * as c from './library.js';
import { LIVENESS, RELATIONS } from './words.js';

/** What the library's metadata say, as an object of our own, and frees them. Null for none. */
export function takeHolder(metadata) {
  if (metadata === null) return null;
  const ns = BigInt(c.metadataStartedNs(metadata));
  const holder = {
    pid: c.metadataPid(metadata),
    started: new Date(Number(ns / 1_000_000n)),
    startedText: c.metadataStartedText(metadata),
    prompt: c.metadataPrompt(metadata),
    host: c.metadataHost(metadata),
    liveness: LIVENESS[c.metadataLiveness(metadata)] ?? 'unknown',
    relation: RELATIONS[c.metadataRelation(metadata)] ?? 'unknown',
  };
  // Not enumerable, because JSON.stringify refuses bigints.
  Object.defineProperty(holder, 'startedNs', { value: ns });
  c.metadataFree(metadata);
  return holder;
}
