#!/usr/bin/env bash
# The ways to log in to scratch orgs by JWT, side by side against one stand-in: orgready, `sf org login jwt`, a script over
# jsforce, one over simple-salesforce. Prints the seconds that each takes for one org and for 50, from the start of the
# process to its end.
#
#   tests/peers/run.sh
#
# orgready asks the Dev Hub, logs in, checks and keeps the orgs for sf; sf logs in and keeps, and is given each org's login
# URL; the scripts log in and check, and are given it too. Needs Rust, npm and Python 3; what it installs from their
# registries stays in target/. SF_CLI_FOLDER names a folder where sf and node are installed already. Else nothing goes
# beyond loopback.
set -euo pipefail
cd "$(dirname "$0")/../.."
export SF_AUTOUPDATE_DISABLE=true SF_DISABLE_TELEMETRY=true SF_USE_GENERIC_UNIX_KEYCHAIN=true

many=50
here=$PWD/tests/peers
sf_folder=${SF_CLI_FOLDER:-$PWD/target/sf-cli}
node_folder=$PWD/target/peers/node
python_folder=$PWD/target/peers/python
orgready=${ORGREADY:-$PWD/target/release/orgready}

[[ -n ${ORGREADY:-} ]] || cargo build --release --locked --quiet
npm_install() { npm install --no-audit --no-fund --loglevel=error --prefix "$@" >&2; }
if [[ ! -e $sf_folder/installed.txt ]]; then
    mkdir -p "$sf_folder"
    npm_install "$sf_folder" @salesforce/cli@2.150.6 node@22
    printf '@salesforce/cli@2.150.6\nnode@22' > "$sf_folder/installed.txt"
fi
export PATH=$sf_folder/node_modules/.bin:$PATH
if [[ ! -e $node_folder/installed.txt ]]; then
    mkdir -p "$node_folder"
    npm_install "$node_folder" jsforce@3.10 jsonwebtoken@9
    touch "$node_folder/installed.txt"
fi
export PEERS_NODE_MODULES=$node_folder/package.json
if ! "$python_folder/bin/python" -c 'import simple_salesforce' 2> /dev/null; then
    python3 -m venv --clear "$python_folder"
    "$python_folder/bin/python" -m pip install --quiet --disable-pip-version-check simple-salesforce==1.12.10
fi

folder=$(mktemp -d)
"$orgready" simulate --orgs $((many + 1)) --replication-delay 0s --directory "$folder" > "$folder/line" &
stand_in=$!
trap 'kill "$stand_in"; wait "$stand_in" 2> /dev/null; rm -rf "$folder"' EXIT
until [[ -s $folder/line ]]; do sleep 0.05; done

ask() { node -p "const line = JSON.parse(require('fs').readFileSync('$folder/line')); $1"; }
url=$(ask line.url) hub=$(ask line.hubUsername) client_id=$(ask line.clientId) key=$(ask line.jwtKeyFile)
node -e "fetch('$url/simulator/orgs').then((answer) => answer.json()).then((orgs) => {
    for (const org of orgs) console.log(org.username, org.origin);
})" > "$folder/orgs"
head -n 1 "$folder/orgs" > "$folder/1"
tail -n "$many" "$folder/orgs" > "$folder/$many"

# Each way is given a file of usernames and login URLs.
with_orgready() {
    cut -d' ' -f1 "$1" | "$orgready" login --quiet --rate 0 -F - --hub-username "$hub" --client-id "$client_id" \
        --jwt-key-file "$key" --instance-url "$url"
}
with_sf() {
    while read -r username login_url; do
        sf org login jwt --username "$username" --client-id "$client_id" --jwt-key-file "$key" \
            --instance-url "$login_url" < /dev/null
    done < "$1"
}
with_jsforce() { node "$here/jsforce.mjs" "$client_id" "$key" < "$1"; }
with_simple_salesforce() { "$python_folder/bin/python" "$here/simple_salesforce_login.py" "$client_id" "$key" < "$1"; }

# Seconds that a way takes, in a home of its own.
seconds() {
    local home start end
    home=$(mktemp -d -p "$folder")
    start=$EPOCHREALTIME
    if ! HOME=$home "$1" "$2" > "$folder/output" 2>&1; then
        cat "$folder/output" >&2
        return 1
    fi
    end=$EPOCHREALTIME
    echo "$start $end" | awk '{ printf "%.3f\n", $2 - $1 }'
}
# The median of five; of one where that takes too long.
median() { for ((n = 0; n < $1; n++)); do seconds "$2" "$3"; done | sort -n | sed -n "$(($1 / 2 + 1))p"; }

printf '%-24s %10s %10s %14s %14s\n' '' '1 org' "$many orgs" '1 / orgready' "$many / orgready"
base_one=''
row() {
    local one all
    one=$(median "$3" "$2" "$folder/1")
    all=$(median "$4" "$2" "$folder/$many")
    base_one=${base_one:-$one} base_all=${base_all:-$all}
    echo "$one $all $base_one $base_all" |
        awk -v name="$1" '{ printf "%-24s %8.3f s %8.3f s %14.1f %14.1f\n", name, $1, $2, $1 / $3, $2 / $4 }'
}
row 'orgready login' with_orgready 5 5
row 'jsforce' with_jsforce 5 5
row 'simple-salesforce' with_simple_salesforce 5 5
row 'sf org login jwt' with_sf 3 1
