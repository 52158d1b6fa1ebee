// The step: `orgready login` with the inputs as flags.
"use strict";

const { appendFileSync } = require("node:fs");
const path = require("node:path");

const { environment, input, loginFlags, usernames } = require("./inputs.js");
const { fail, find, run } = require("./program.js");

async function main() {
  const program = await find();
  const flags = loginFlags();
  if (input("delete") === "true") {
    // Which orgs this run is about, for the step that deletes them: told before anything can fail.
    const report = path.join(process.env.RUNNER_TEMP, `orgready-${process.pid}.jsonl`);
    flags.push(`--report=jsonl=${report}`);
    appendFileSync(process.env.GITHUB_STATE, `program=${program}\nreport=${report}\n`);
  }
  process.exitCode = await run(program, ["login", ...flags, "--", ...usernames()], environment());
}

main().catch(fail);
