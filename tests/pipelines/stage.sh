# Sourced by the scripts beside it, with PROGRAM: a stand-in for Salesforce, a project, and what its pipelines find on PATH.

program=$(realpath "${1:?usage: $0 PROGRAM}")
root=$(realpath "$(dirname "$0")/../..")
cd "$root"
. .ci/tools
debian_tools jq=jq

place=$(mktemp -d)
trap 'kill "$stand_in" 2> /dev/null || true; rm -rf "$place"' EXIT
export STAND_IN=$place/stand-in.json
"$program" simulate --orgs 0 --directory "$place/stand-in" > "$STAND_IN" &
stand_in=$!
fail() { tail -c 6000 "$place/run.txt" 2> /dev/null; echo "FAILED: $*" >&2; exit 1; }
until [ -s "$STAND_IN" ]; do sleep 0.1; done
it() { jq -r "$1" "$STAND_IN"; }

# `npm install --global` has nothing to do: both are there.
mkdir "$place/bin" "$place/home"
ln -s "$program" "$place/bin/orgready"
ln -s "$root/tests/pipelines/sf" "$place/bin/sf"
ln -s "$(type -P true)" "$place/bin/npm"

# project FOLDER HOST: a repository with a definition file.
project() {
  mkdir -p "$1/config"
  echo '{"orgName": "Acme", "edition": "Developer"}' > "$1/config/project-scratch-def.json"
  echo '{"packageDirectories": [{"path": "force-app", "default": true}]}' > "$1/sfdx-project.json"
  git -C "$1" init --quiet
  git -C "$1" remote add origin "git@$2:group/project.git"
  git -C "$1" add .
  git -C "$1" -c user.name=nobody -c user.email=nobody@example.invalid commit --quiet -m "Begin"
}

# all_deleted COUNT: so many orgs were created since it was last asked, and the hub says of each that it is deleted.
all_deleted() {
  touch "$STAND_IN.created"
  [ "$(wc -l < "$STAND_IN.created")" = "$1" ] || fail "not $1 orgs were created, but: $(cat "$STAND_IN.created")"
  local now
  now=$("$program" login --json --quiet --wait 0 --no-sf-store --ci off --hub-username "$(it .hubUsername)" --client-id "$(it .clientId)" \
    --jwt-key-file "$(it .jwtKeyFile)" --instance-url "$(it .url)" -F "$STAND_IN.created" \
    2> /dev/null | jq -r '[.result.orgs[].cause.code] | unique | join(" ")') || true
  [ "$now" = deleted ] || fail "the orgs are now: $now"
  rm "$STAND_IN.created"
}
