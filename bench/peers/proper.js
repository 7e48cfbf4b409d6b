// proper-lockfile from npm, measured: `proper.js ROOT`, see worker.h. In its synchronous form, the quicker one.
const fs = require("fs");
const path = require("path");
const readline = require("readline");
const lockfile = require("proper-lockfile");

const file = path.join(process.argv[2], "proper");
fs.writeFileSync(file, "");
let held = null;

function take() {
  held = lockfile.lockSync(file);
}

function release() {
  held();
}

function pair() {
  take();
  release();
}

function refused() {
  try {
    lockfile.lockSync(file);
  } catch (error) {
    if (error.code === "ELOCKED") return;
    throw error;
  }
  throw new Error("it was free");
}

function locked() {
  lockfile.checkSync(file);
}

const operations = { pair, take, release, refused, locked };
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [name, count] = line.split(" ");
  const once = operations[name];
  const begin = process.hrtime.bigint();
  for (let left = Number(count); left > 0; left--) once();
  console.log(String(process.hrtime.bigint() - begin));
});
