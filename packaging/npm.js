#!/usr/bin/env node
// Runs the program of the package for this platform, which npm installs as an optional dependency.
"use strict";

const { spawnSync } = require("node:child_process");

const platform = `${process.platform}-${process.arch}`;
const program = process.platform === "win32" ? "connlint.exe" : "connlint";

let path;
try {
  path = require.resolve(`@connlint/${platform}/bin/${program}`);
} catch {
  console.error(
    `error: there is no program of connlint for ${platform}: either it is not built for it, or optional dependencies ` +
      "were left out (`--omit=optional`)",
  );
  process.exit(2);
}

const run = spawnSync(path, process.argv.slice(2), { stdio: "inherit" });
if (run.error) {
  console.error(`error: ${path} cannot be run: ${run.error.message}`);
  process.exit(2);
}
if (run.signal) {
  process.kill(process.pid, run.signal);
}
process.exit(run.status ?? 2);
