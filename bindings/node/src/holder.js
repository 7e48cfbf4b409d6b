'use strict';

/** Converts the addon's holder to the public object. Null for none. */
function holder(told) {
  if (!told) return null;
  const { pid, localPid, startedNs, startedText, prompt, host, summary, liveness, relation } = told;
  const started = new Date(Number(startedNs / 1_000_000n));
  const holder = {
    pid,
    localPid: localPid ?? null,
    started,
    startedText,
    prompt,
    host: host ?? null,
    summary,
    liveness,
    relation,
  };
  // Not enumerable, because JSON.stringify refuses bigints.
  return Object.defineProperty(holder, 'startedNs', { value: startedNs });
}

module.exports = { holder };
