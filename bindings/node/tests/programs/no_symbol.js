// Takes and releases a lock where Symbol.asyncDispose is missing. Usage: no_symbol.js ROOT
const { asyncDispose, prototype, ...others } = Object.getOwnPropertyDescriptors(Symbol);
const real = Symbol;
globalThis.Symbol = Object.defineProperties((description) => real(description), others);
if (Symbol.asyncDispose) throw new Error('it is there');

const { acquire } = await import('ralph-lock');
const lock = await acquire(process.argv[2], 'x');
await lock[Symbol.for('Symbol.asyncDispose')]();
