#!/usr/bin/env bash
# Holds the manifests in examples/kubernetes against Kubernetes' own schema. Needs Python 3; what it installs from PyPI stays
# in target/peers.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=target/peers/kubernetes/bin/python
if ! "$python" -c 'import kubernetes_validate' 2>/dev/null; then
    python3 -m venv --clear target/peers/kubernetes
    "$python" -m pip install --quiet --disable-pip-version-check kubernetes-validate==1.37.0
fi
target/peers/kubernetes/bin/kubernetes-validate --strict examples/kubernetes/*.yaml

# What the schema cannot know: the shares are complete only if all of these are the same number.
"$python" - examples/kubernetes/*.yaml <<'PYTHON'
import sys, yaml

for path in sys.argv[1:]:
    spec = yaml.safe_load(open(path))["spec"]
    variables = {e["name"]: e.get("value") for c in spec["template"]["spec"]["containers"] for e in c["env"]}
    if str(spec["completions"]) != variables["JOB_COMPLETIONS"]:
        sys.exit(f"{path}: completions is {spec['completions']}, JOB_COMPLETIONS {variables['JOB_COMPLETIONS']}")
PYTHON
