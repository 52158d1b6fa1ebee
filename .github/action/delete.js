// The job's end, whatever became of it: with `delete: true`, `orgready delete` for the orgs of this run.
"use strict";

const { existsSync, readFileSync, writeFileSync } = require("node:fs");

const { environment, hubFlags, selectors, usernames } = require("./inputs.js");
const { fail, run } = require("./program.js");

/** Which orgs: those that the login reported, or those that it was given, if it was killed before it could. */
function orgs(report) {
  if (!existsSync(report)) {
    const selected = selectors();
    return selected.length > 0 || usernames().length > 0 ? ["--yes", "--if-none=ok", ...selected, "--", ...usernames()] : [];
  }
  const lines = readFileSync(report, "utf8").split("\n").filter((line) => line !== "");
  const known = lines.map((line) => JSON.parse(line).username).filter((username) => username !== null);
  // However many there are: a command line is bounded.
  writeFileSync(`${report}.txt`, known.map((username) => `${username}\n`).join(""));
  return known.length > 0 ? [`--usernames-file=${report}.txt`] : [];
}

async function main() {
  const { STATE_program: program, STATE_report: report } = process.env;
  if (!report) return;
  const which = orgs(report);
  if (which.length === 0) return console.log("orgready: this run has no org to delete");
  process.exitCode = await run(program, ["delete", ...hubFlags(), ...which], environment());
}

main().catch(fail);
