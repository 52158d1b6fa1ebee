// The step's inputs, and the command line that they mean.
"use strict";

// What the action itself takes; every other input is a flag of the same name.
const OWN = ["usernames", "jwt-key", "orgready", "delete"];
// Flags that may be given more than once.
const REPEATABLE = ["report", "allow-host"];
// Which of them `orgready delete` takes as well, to find the hub and what to clean up after.
const HUB = [
  "config",
  "hub-username",
  "target-dev-hub",
  "client-id",
  "jwt-key-file",
  "instance-url",
  "audience",
  "allow-host",
  "ca-certificate",
  "request-timeout",
  "no-sf-store",
];

// Which orgs, beside the usernames; and which of them are this job's.
const SELECTORS = ["usernames-file", "where", "all-active", "pending", "shard"];

// The runner's name of an input is INPUT_ and the input in capitals, hyphens as they are.
const PREFIX = "INPUT_";

function input(name) {
  return (process.env[PREFIX + name.toUpperCase()] ?? "").trim();
}

function flag(name) {
  const value = input(name);
  if (value === "" || value === "false") return [];
  if (value === "true") return [`--${name}`];
  const values = REPEATABLE.includes(name) ? value.split(/\r?\n/).filter((line) => line.trim() !== "") : [value];
  return values.map((one) => `--${name}=${one.trim()}`);
}

/** The flags for `orgready login`. */
function loginFlags() {
  const names = Object.keys(process.env).filter((name) => name.startsWith(PREFIX));
  const flags = names.map((name) => name.slice(PREFIX.length).toLowerCase()).filter((name) => !OWN.includes(name));
  return flags.sort().flatMap(flag);
}

/** The flags for `orgready delete`. */
function hubFlags() {
  return HUB.flatMap(flag);
}

/** The flags for `orgready delete` that select what `orgready login` was given. */
function selectors() {
  return SELECTORS.flatMap(flag);
}

/** The usernames that were named in so many words. */
function usernames() {
  return input("usernames").split(/\s+/).filter((word) => word !== "");
}

/** The environment for orgready: this step's, without the inputs, and with the key. */
function environment() {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith(PREFIX));
  const key = input("jwt-key");
  return { ...Object.fromEntries(others), ...(key && { ORGREADY_JWT_KEY: key }) };
}

module.exports = { environment, hubFlags, input, loginFlags, selectors, usernames };
