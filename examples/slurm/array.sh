#!/bin/bash
# Logs in to a large batch of scratch orgs with an array of tasks that share it, and deletes them when it has ended, however,
# by scancel too. Jobs that use the orgs go in between, and the last line then waits for those.
#
#   array=$(sbatch --parsable --array=0-3 array.sh usernames.txt)
#   sbatch --dependency=afterany:$array --wrap 'orgready delete --config ~/.orgready.toml -F usernames.txt'
#
# Which share an org is in depends on its username alone. To go on after a failure, submit the whole array again: an org that
# is ready already costs one request. A part of the array is refused, as Slurm does not tell a task what the whole was. Task 2
# of 0-3 once more, which is share 3 of 4:  sbatch --export=ALL,ORGREADY_SHARD=3/4 array.sh usernames.txt
#
# ~/.orgready.toml, readable by you alone, says: hub_username, client_id, jwt_key_file.
#SBATCH --job-name=orgready
#SBATCH --output=orgready-%A-%a.log
#SBATCH --time=00:20:00
#SBATCH --mem=64M
# Before its time is over it reports what is ready by then.
#SBATCH --signal=B:TERM@60
set -eu
export ORGREADY_SHARD="${ORGREADY_SHARD:-auto}" ORGREADY_CONFIG="${ORGREADY_CONFIG:-$HOME/.orgready.toml}"
# In the shell's place, so that Slurm's signals reach it.
exec orgready login -F "$1" --wait 15m --report "orgready-$SLURM_JOB_ID.jsonl"
