// The job's end, whatever became of it: with `delete: true`, `orgready delete` for the orgs of this run.
"use strict";

const { existsSync, readFileSync, writeFileSync } = require("node:fs");

const { environment, hubFlags, input, usernames } = require("./inputs.js");
const { fail, run } = require("./program.js");

/** Which orgs: those that the login reported, or those that were named, if it was killed before it could. */
function orgs(report) {
  const file = input("usernames-file");
  if (!existsSync(report)) return [...(file ? [`--usernames-file=${file}`] : []), "--", ...usernames()];
  const lines = readFileSync(report, "utf8").split("\n").filter((line) => line !== "");
  const known = lines.map((line) => JSON.parse(line).username).filter((username) => username !== null);
  // However many there are: a command line is bounded.
  writeFileSync(`${report}.txt`, known.map((username) => `${username}\n`).join(""));
  return known.length > 0 ? [`--usernames-file=${report}.txt`] : ["--"];
}

async function main() {
  const { STATE_program: program, STATE_report: report } = process.env;
  if (!report) return;
  const which = orgs(report);
  if (which.at(-1) === "--") return console.log("orgready: this run has no org to delete");
  process.exitCode = await run(program, ["delete", ...hubFlags(), ...which], environment());
}

main().catch(fail);
