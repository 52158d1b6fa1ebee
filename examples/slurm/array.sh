#!/bin/bash
# Logs in to a large batch of scratch orgs with an array of four tasks that share it:  sbatch --array=0-3 array.sh usernames.txt
#
# Every task reads the same list, and its share differs from another's by one org at most. To go on after a failure, submit the
# whole array again: an org that is ready already costs one request. A part of the array is refused, as its tasks would take
# themselves for all of it; one task again is:  ORGREADY_SHARD=slice:3/4 sbatch array.sh usernames.txt  (task 2 of 0-3)
#
# ~/.config/orgready.toml, readable by you alone, names the Dev Hub: hub_username, client_id, jwt_key_file.
#SBATCH --job-name=orgready
#SBATCH --output=orgready-%A-%a.log
#SBATCH --time=00:20:00
#SBATCH --ntasks=1
#SBATCH --mem=64M
# SIGTERM a minute before the end, so that what is ready is reported.
#SBATCH --signal=TERM@60
set -eu
