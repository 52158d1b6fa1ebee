// The orgready program: that of the input, of PATH, or of this version's release; and how it is run.
"use strict";

const { spawn, spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { constants, tmpdir } = require("node:os");
const path = require("node:path");

const { input } = require("./inputs.js");

const TARGETS = {
  "linux-x64": "x86_64-unknown-linux-gnu",
  "linux-arm64": "aarch64-unknown-linux-gnu",
  "linux-x64-musl": "x86_64-unknown-linux-musl",
  "linux-arm64-musl": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
  "win32-x64": "x86_64-pc-windows-msvc",
};
const PROGRAM = process.platform === "win32" ? "orgready.exe" : "orgready";

/** Where the program is. */
async function find() {
  const named = input("orgready");
  if (named) return path.resolve(named);
  const folders = (process.env.PATH ?? "").split(path.delimiter).filter((folder) => folder !== "");
  const found = folders.map((folder) => path.join(folder, PROGRAM)).find((file) => existsSync(file));
  return found ?? (await download());
}

/** Installs the program of the release that belongs to this version of the action. */
async function download() {
  const manifest = readFileSync(path.join(__dirname, "../../Cargo.toml"), "utf8");
  const version = /^version = "(.+)"$/m.exec(manifest)[1];
  const { platform, arch, report } = process;
  report.excludeNetwork = true;
  const musl = platform === "linux" && !report.getReport().header.glibcVersionRuntime ? "-musl" : "";
  const target = TARGETS[`${platform}-${arch}${musl}`];
  if (!target) throw new Error(`there is no release for ${platform} on ${arch}: install orgready, and name it with the input orgready`);
  const name = `orgready-${version}-${target}`;
  // Kept for the later jobs of a runner that keeps its tools.
  const cache = path.join(process.env.RUNNER_TOOL_CACHE || tmpdir(), "orgready", version);
  const program = path.join(cache, name, PROGRAM);
  if (existsSync(program)) return program;

  // The step names the action as owner/repository@version; without it the action is part of the repository itself.
  const repository = process.env.GITHUB_ACTION_REPOSITORY || process.env.GITHUB_REPOSITORY;
  const release = `${process.env.GITHUB_SERVER_URL}/${repository}/releases/download/v${version}`;
  const [sums, archive] = await Promise.all([get(`${release}/SHA256SUMS`), get(`${release}/${name}.tar.gz`)]);
  const line = sums.toString("utf8").split("\n").find((line) => line.endsWith(`  ${name}.tar.gz`));
  const expected = line?.slice(0, 64);
  const actual = createHash("sha256").update(archive).digest("hex");
  if (actual !== expected) {
    throw new Error(`${release}/${name}.tar.gz has the checksum ${actual}, and SHA256SUMS says ${expected ?? "nothing of it"}`);
  }

  const folder = `${cache}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "archive.tar.gz"), archive);
  const unpacked = spawnSync("tar", ["-xzf", "archive.tar.gz"], { cwd: folder, stdio: "inherit" });
  if (unpacked.status !== 0) throw new Error(`tar could not unpack ${name}.tar.gz`);
  rmSync(path.join(folder, "archive.tar.gz"));
  try {
    renameSync(folder, cache);
  } catch (error) {
    // Another job of this runner was faster.
    if (!existsSync(program)) throw error;
    rmSync(folder, { recursive: true });
  }
  return program;
}

async function get(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(120_000) }).catch((error) => {
    throw new Error(`${url} cannot be had: ${error.cause?.message ?? error.message}`);
  });
  if (!response.ok) throw new Error(`${url} cannot be had: status ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** Runs the program to its end and gives its exit status. It hears what a cancelled step is told: SIGINT, then SIGTERM. */
function run(program, given, environment) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, given, { env: environment, stdio: ["ignore", "inherit", "inherit"] });
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
    child.on("error", (error) => reject(new Error(`${program} cannot be started: ${error.message}`)));
    child.on("exit", (status, signal) => resolve(status ?? 128 + constants.signals[signal]));
  });
}

/** Tells what went wrong, as an annotation; its text may hold anything. */
function fail(error) {
  const text = String(error.message).replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  process.stdout.write(`::error title=orgready::${text}\n`);
  process.exitCode = 1;
}

module.exports = { fail, find, run };
