# Sourced by the scripts beside it, with PROGRAM: stand-ins for Salesforce, a project, and what its pipelines find on PATH.

program=$(realpath "${1:?usage: $0 PROGRAM}")
root=$(realpath "$(dirname "$0")/../..")
cd "$root"
. .ci/tools
debian_tools jq=jq

place=$(mktemp -d)
started=()
trap 'kill -- "${started[@]}" 2> /dev/null || true; wait; rm -rf "$place"' EXIT
fail() { tail -c 6000 "$place/${folder:-.}/run.txt" 2> /dev/null || true; echo "FAILED: $*" >&2; exit 1; }

# stand_in NAME ARGUMENT...: one for Salesforce; `use NAME` makes it the one that is asked.
stand_in() {
  "$program" simulate --directory "$place/$1" "${@:2}" > "$place/$1.json" &
  started+=($!)
  until [ -s "$place/$1.json" ]; do sleep 0.1; done
}
# In a folder of one's own, those who work side by side see only orgs of their own.
use() {
  mkdir -p "$place/${folder:-.}"
  [ -z "${folder:-}" ] || cp "$place/$1.json" "$place/$folder"
  export STAND_IN=$place/${folder:-.}/$1.json
}
it() { jq -r "$1" "$STAND_IN"; }

printf '[[signup]]\nactive_after = "500ms"\nreplication_delay = "500ms"\n' > "$place/works.toml"
stand_in works --scenario "$place/works.toml"
# Its orgs never become ready: a login is at work until its time is over, or until it is stopped.
printf '[[signup]]\nactive_after = "100ms"\nreplication_delay = "never"\n' > "$place/never.toml"
stand_in never --scenario "$place/never.toml"

# `npm install --global` has nothing to do: both are there. A login tells its number, for a test that ends it.
mkdir "$place/bin" "$place/home"
cat > "$place/bin/orgready" << PROGRAM
#!/bin/sh
[ "\$1" != login ] || echo \$\$ > "\$STAND_IN.login"
exec "$program" "\$@"
PROGRAM
chmod +x "$place/bin/orgready"
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

# waits FILE: until FILE says that a login waits for an org.
waits() {
  for _ in $(seq 300); do ! grep -qs "next try" "$1" || return 0; sleep 0.2; done
  fail "no login came to wait"
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
