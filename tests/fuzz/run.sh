#!/bin/sh
# Fuzzes on the stable toolchain: tests/fuzz/run.sh SECONDS [TARGET]...
# What is found lies in target/fuzz/TARGET/; what the next run starts from, in target/fuzz/TARGET/corpus/.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-10}
[ $# -eq 0 ] || shift
targets=${*:-roster soql answer store pem}

host=$(rustc -vV | sed -n 's/^host: //p')
passes='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares'
# Our own code optimised enough to be quick, with the overflow checks and debug assertions of the dev profile.
RUSTFLAGS="--cfg fuzzing $(echo $passes)" \
  cargo build --quiet --target "$host" --target-dir target/fuzz/build --no-default-features --features simulator \
  --config profile.dev.package.orgready.opt-level=1 $(for target in $targets; do echo "--test fuzz_$target"; done)

# Files of the targets belong into memory where there is such a folder.
[ ! -d /dev/shm ] || export TMPDIR="${TMPDIR:-/dev/shm}"
for target in $targets; do
  work=target/fuzz/$target
  mkdir -p "$work/corpus"
  # No key is committed: those to begin with are made here.
  if [ "$target" = pem ] && [ ! -e "$work/corpus/pkcs8" ] && command -v openssl >/dev/null; then
    openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/corpus/pkcs8"
    openssl pkey -in "$work/corpus/pkcs8" -traditional -out "$work/corpus/pkcs1"
  fi
  # The newest, should there be several.
  binary=$(ls -t target/fuzz/build/"$host"/debug/deps/fuzz_"$target"-* | grep -v '\.d$' | head -n 1)
  echo "fuzzing $target for $seconds s"
  if ! "$binary" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 \
    -artifact_prefix="$work/" "$work/corpus" "tests/fuzz/seeds/$target" 2>"$work/log"; then
    tail -n 60 "$work/log" >&2
    exit 1
  fi
  sed -n 's/^stat::number_of_executed_units: */  inputs: /p; s/^stat::peak_rss_mb: */  peak MiB: /p' "$work/log"
done
