# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A group that runs scenarios of the lab, one after the other in the same lab. The first one that leaves the lab unclean
# takes it down; the next one then starts a new lab.

# shellcheck source=tests/lib/group.sh
. tests/lib/group.sh

run_scenarios() {
    local scenario begin
    build dev
    export HVC_BUILD=build/dev
    for scenario; do
        begin=$SECONDS
        echo "# scenario $scenario"
        tests/lab/scenarios/"$scenario"
        local status=$?
        [ "$status" = 0 ] || group_failed=1
        echo "# scenario $scenario: $((SECONDS - begin)) s"
    done
    group_end
}
