#!/usr/bin/env node
// Starts the program of the package that was installed for this platform.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");

function program() {
  const { platform, arch, report } = process;
  let suffix = "";
  if (platform === "linux") {
    report.excludeNetwork = true;
    if (!report.getReport().header.glibcVersionRuntime) suffix = "-musl";
  }
  const name = `@orgready/${platform}-${arch}${suffix}`;
  try {
    return require.resolve(`${name}/bin/orgready${platform === "win32" ? ".exe" : ""}`);
  } catch {
    console.error(
      `orgready: the package ${name} is not installed. It comes with the package orgready, as an optional dependency: ` +
        `install without --omit=optional, on the platform where it is to run; there may be none for ${platform} on ${arch}.`,
    );
    process.exit(1);
  }
}

const file = program();
const given = process.argv.slice(2);

// Where Node can, the program takes this process's place. It returns only if that failed.
if (process.platform !== "win32" && process.execve) {
  process.execve(file, [file, ...given], process.env);
}

// Else it is waited for, and hears every signal that would end this process; but not a second time what a terminal or
// a console sent to both: a second signal ends it at once.
const child = spawn(file, given, { stdio: "inherit" });
const both = process.platform === "win32" || process.stdin.isTTY ? ["SIGINT", "SIGHUP", "SIGQUIT"] : [];
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) {
  process.on(signal, () => both.includes(signal) || child.kill(signal));
}
child.on("error", (error) => {
  console.error(`orgready: ${file} cannot be started: ${error.message}`);
  process.exit(1);
});
child.on("exit", (status, signal) => {
  if (signal === null) process.exit(status);
  // Killed: a shell is told as it would have been.
  process.exit(128 + constants.signals[signal]);
});
