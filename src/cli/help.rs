//! The longer texts of `--help`: what a command is for, and lines to copy.

/// After the name in `--version`: `0.2.0 (COMMIT, TARGET)`.
pub(super) const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("ORGREADY_COMMIT"), ", ", env!("ORGREADY_TARGET"), ")");

/// The exit statuses, a line each.
macro_rules! exit_status {
    () => {
        "  0    every org is ready
  1    an internal error
  2    the settings or the input are wrong; nothing was sent
  3    the Dev Hub could not be used; no scratch org was tried
  4    an org failed for a reason that waiting does not mend
  5    an org was not ready within --wait; running again may succeed
  129, 130, 143
       interrupted by SIGHUP, SIGINT, SIGTERM; what was ready is stored"
    };
}

/// The exit statuses, for the manual page.
pub(super) const EXIT_STATUS: &str = exit_status!();

/// About the program.
pub(super) const PROGRAM: &str = "\
Logs in to a Salesforce Dev Hub and its new scratch orgs by JWT, and waits out replication until they are ready.

A scratch org that was just created answers \"user hasn't approved this consumer\" until the connected app has been \
replicated into it. orgready keeps asking, politely, while that can still heal, and says at once where it never will.";

/// First steps.
pub(super) const PROGRAM_EXAMPLES: &str = concat!(
    "\
Examples:
  orgready demo                         see it at work, with nothing set up
  orgready login test-abc@example.com   with the hub that is sf's target-dev-hub
  orgready login --help                 all settings, and more examples

Exit status:
",
    exit_status!()
);

/// About `login`.
pub(super) const LOGIN: &str = "\
Logs in to the Dev Hub by JWT, asks it once about all the scratch orgs, and logs in to each with the same key, backing \
off while the answer means \"not replicated yet\". Each org that is ready is handed to the sf store, as `sf org login \
jwt` would have left it.

Each setting is taken from its flag, else its environment variable, else orgready.toml, else what sf already knows, \
else its default.";

/// Lines to copy for `login`.
pub(super) const LOGIN_EXAMPLES: &str = "\
Examples:
  orgready login test-abc@example.com
  orgready login -v my-hub qa=test-abc@example.com uat=test-def@example.com
  orgready login -i 3MVG9… -f key.pem --hub-username hub@acme.com -F orgs.txt
  orgready login -F org.json -a qa -s     what `sf org create scratch` printed
  orgready login --all-active --json --report junit=orgs.xml";

/// What `--help` says besides.
pub(super) const LOGIN_NOTES: &str = concat!(
    "\
Examples:
  One org, with the hub that is sf's target-dev-hub:
      orgready login test-abc@example.com

  Several, each with an alias:
      orgready login -v my-hub qa=test-abc@example.com uat=test-def@example.com

  In CI, with nothing but secrets in the environment (the key may be base64):
      export ORGREADY_HUB_USERNAME=hub@example.com
      export ORGREADY_CLIENT_ID=3MVG9… ORGREADY_JWT_KEY=\"$KEY\"
      orgready login -F orgs.txt -w 15m --keep-key-file \"$HOME/.orgready.key\"

  Right after creating an org:
      sf org create scratch --async -f config/scratch.json --json > org.json
      orgready login -F org.json -a qa -s && sf project deploy start -o qa

  Whatever is active, a third of it in this job, with a report for CI:
      orgready login --all-active --shard 1/3 --json --report junit=orgs.xml

Running the same command again is safe, and is the way to resume.

Exit status:
",
    exit_status!()
);

/// About `delete`.
pub(super) const DELETE: &str = "\
Deletes scratch orgs through the Dev Hub, with no login to the orgs themselves, and with each what the sf store keeps of \
it: login, aliases, defaults, unfinished creation, source tracking. One that is still being created is waited for; one \
that is deleted, expired or failed already counts as gone, so running the same command again is safe.

--where, --all-active and --pending list what they find, and delete it only with --yes.";

/// Lines to copy for `delete`.
pub(super) const DELETE_EXAMPLES: &str = "\
Examples:
  orgready delete qa                   by its alias
  orgready delete -F org.json          what `sf org create scratch --json` printed
  orgready delete --pending --yes      what sf began here and did not finish
  orgready delete --where \"OrgName = 'nightly'\"

Exit status:
  0    every org is deleted or gone
  1    an internal error
  2    the settings or the input are wrong, or --yes is missing
  3    the Dev Hub failed
  4    an org could not be deleted
  5    an org was not deleted within --wait; running again may succeed
  129, 130, 143
       interrupted";

/// Lines to copy for `hub`.
pub(super) const HUB_EXAMPLES: &str = "\
Examples:
  orgready hub -i 3MVG9… -f server.key -o hub@example.com -a my-hub -d
  orgready hub --json";

/// About `doctor`.
pub(super) const DOCTOR: &str = "\
Checks all that a login needs, each check building on the former ones: settings and where each came from, private key, \
certificate, trust roots, proxy, the sf store; then DNS, TLS, the clock, the login to the Dev Hub, its user's rights, \
the app that recent scratch orgs were signed up with, and the API requests that are left. Each finding comes with the \
next step. It changes nothing, and sends nothing but what a login sends.";

/// Lines to copy for `doctor`.
pub(super) const DOCTOR_EXAMPLES: &str = "\
Examples:
  orgready doctor     with the settings that a login from here would use
  orgready doctor -v my-hub --certificate server.crt
  orgready doctor --json | jq '.result.checks[] | select(.status == \"failed\")'

Exit status:
  0    nothing failed (warnings do not count)
  2    a check of this machine failed
  3    a check that takes the Dev Hub failed, DNS, TLS and clock included
  129, 130, 143
       interrupted";

/// About `simulate`.
pub(super) const SIMULATE: &str = "\
Serves a local stand-in for Salesforce on 127.0.0.1: a Dev Hub and scratch orgs that are replicated late. It makes a \
key and a certificate, prints one JSON line with all that a client needs as soon as it accepts connections, and runs \
until SIGINT, SIGTERM or SIGHUP.

What it plays, for orgready and for the real sf: logins by JWT and by AuthCode with every refusal of Salesforce's, \
queries, creation (`sf org create scratch`, each new org on a port of its own), deployment by SOAP and REST, source \
tracking, listing and deletion; and what goes wrong on the way, as a scenario says. GET /simulator/orgs, /requests, \
/deployments and /misdirected on any of its ports show what happened.

What it does not play: sandboxes, snapshots and org shapes; packages, users and permission sets; retrieving; running Apex, \
its tests or flows; data of your own, and queries over other objects than ScratchOrgInfo, ActiveScratchOrg, Organization, \
User, Profile and SourceMember; validating what is deployed, cancelling a deployment; web pages (`sf org open`), the web \
and device logins; limits other than the day's requests and signups.";

/// Lines to copy for `simulate`.
pub(super) const SIMULATE_EXAMPLES: &str = "\
Examples:
  orgready simulate --orgs 10 --replication-delay 5s..60s
  orgready simulate --scenario config/scenarios/demo.toml --tls

The line it prints: url, hubUsername, clientId, jwtKeyFile, certificateFile,
caCertificateFile, usernames, home. To use it:
  export HOME=<home>
  orgready hub -d -r <url> -o <hubUsername> -i <clientId> -f <jwtKeyFile>
  orgready login <username>...
  sf org login jwt -d -r <url> -o <hubUsername> -i <clientId> -f <jwtKeyFile>";

/// Where completions go.
pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  D=~/.local/share/bash-completion/completions
  orgready completions bash > $D/orgready
  orgready completions zsh > \"${fpath[1]}/_orgready\"
  orgready completions fish > ~/.config/fish/completions/orgready.fish";

/// Where the manual page goes.
pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  orgready man > ~/.local/share/man/man1/orgready.1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_to_copy_fit_a_terminal_of_80_columns() {
        let texts = [
            PROGRAM_EXAMPLES,
            LOGIN_EXAMPLES,
            LOGIN_NOTES,
            HUB_EXAMPLES,
            DOCTOR_EXAMPLES,
            SIMULATE_EXAMPLES,
            COMPLETIONS_EXAMPLES,
            MAN_EXAMPLES,
        ];
        for line in texts.iter().flat_map(|text| text.lines()) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
