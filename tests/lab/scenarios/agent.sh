# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # lab comes from lib.sh
# The agent run by hand in a node, as Pacemaker's executor runs it, for the scenarios named agent_*. Source lib.sh first.

AGENTS=/usr/lib/ocf/resource.d/hvcluster
rc=0 said='' took_ms=0
TIMEOUT_MS=60000 # of the operations that the following calls run

# agent NODE ACTION RESOURCE [PARAMETER=VALUE...]: sets rc, said (both streams) and took_ms. The action "probe" is a
# monitor with interval 0. config is the guest of the resource's name unless it is given.
agent() {
    local node=$1 action=$2 resource=$3 interval=10000 begin parameter config=yes
    local environment=("OCF_ROOT=/usr/lib/ocf" "OCF_RA_VERSION_MAJOR=1" "OCF_RA_VERSION_MINOR=1" "OCF_RESOURCE_INSTANCE=$resource"
        "OCF_RESOURCE_TYPE=VirtualSystem" "OCF_RESOURCE_PROVIDER=hvcluster" "OCF_RESKEY_CRM_meta_timeout=$TIMEOUT_MS")
    shift 3
    [ "$action" != probe ] || { action=monitor && interval=0; }
    for parameter; do
        environment+=("OCF_RESKEY_$parameter")
        [ "${parameter%%=*}" != config ] || config=
    done
    environment+=("OCF_RESKEY_CRM_meta_interval=$interval")
    [ -z "$config" ] || environment+=("OCF_RESKEY_config=/etc/hvcluster/guests/$resource.xml")
    begin=$(date +%s%N)
    # shellcheck disable=SC2034 # for the scenarios
    said=$(on "$node" env "${environment[@]}" "$AGENTS/VirtualSystem" "$action" 2>&1)
    rc=$?
    took_ms=$((($(date +%s%N) - begin) / 1000000))
}

# answers TEXT CODE NODE ACTION RESOURCE [PARAMETER=VALUE...]: one result: the agent ends with that code.
answers() {
    local text=$1 want=$2
    shift 2
    agent "$@"
    if [ "$rc" = "$want" ]; then
        ok "$text"
    else
        printf '%s\n' "$said"
        not_ok "$text (it ended with $rc, not $want: $*)"
    fi
}
# because TEXT PATTERN: the last call gave Pacemaker a reason, and the pattern stands in it or in the log: Pacemaker keeps
# 128 bytes of a reason, the log has all its words.
because() {
    if grep -q '^ocf-exit-reason:.' <<<"$said" && grep -qE -- "$2" <<<"$said"; then
        ok "$1"
    else
        printf '%s\n' "$said"
        not_ok "$1 (no reason matches: $2)"
    fi
}
# logged TEXT PATTERN: anything that the last call said.
logged() {
    if grep -qE -- "$2" <<<"$said"; then
        ok "$1"
    else
        printf '%s\n' "$said"
        not_ok "$1 (nothing matches: $2)"
    fi
}
# in_time TEXT MS: the last call took no longer.
in_time() {
    if [ "$took_ms" -le "$2" ]; then ok "$1 ($took_ms ms)"; else not_ok "$1 (it took $took_ms ms, not $2)"; fi
}

boots() { mark "$1" boots; }
guest_uuid() { $lab guest xml "$1" | sed -n 's/.*<uuid>\(.*\)<\/uuid>.*/\1/p'; }
emulators() { on "$1" pgrep -cf "guest=$2," 2>/dev/null; } # emulators NODE GUEST: how many processes
# put NODE FILE: standard input becomes the file in the node.
put() { on "$1" sh -c 'cat >"$1"' sh "$2"; }

# fresh GUEST [CREATE-OPTION...]: a guest that no resource manages, running on n1 by the agent's own start.
fresh() {
    local guest=$1
    shift
    $lab guest create "$guest" "$@" || return 1
    agent n1 start "$guest"
    [ "$rc" = 0 ] || { printf '%s\n' "$said" && return 1; }
    poll 30 counts_at_all "$guest"
}
# away GUEST: stops it wherever it is and removes it.
away() {
    local node
    for node in $(all_nodes_of_lab); do
        agent "$node" stop "$1" force_stop=true
    done
    $lab guest rm "$1"
}
