# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The rack is one process, PID 1 of the lab's PID namespace and the parent of the nodes; whoever knows its pid has
# everything else.

# is_rack PID: the first process of a namespace below ours, started for this lab.
is_rack() {
    local argument
    { IFS= read -r -d '' argument && IFS= read -r -d '' argument; } 2>/dev/null <"/proc/$1/cmdline" || return 1
    [ "$argument" = "$LAB_DIR" ] && is_inside "$1" 1
}

# is_inside PID NUMBER: that is what the process is called one PID namespace below the one it is seen from (NSpid: 12345 17 1).
is_inside() {
    local line=()
    while read -ra line; do
        [ "${line[0]-}" != NSpid: ] || { [ "${line[2]-}" = "$2" ] && return; }
    done 2>/dev/null <"/proc/$1/status"
    return 1
}

# Sets RACK to the rack's pid; fails when there is none. The pid file may be missing when "up" was killed.
find_rack() {
    local pid
    RACK=
    if { read -r pid <"$LAB_DIR/rack.pid"; } 2>/dev/null && is_rack "$pid"; then
        RACK=$pid
        return 0
    fi
    for pid in $(pgrep -x hvc-lab-rack); do
        is_rack "$pid" || continue
        RACK=$pid
        return 0
    done
    return 1
}

need_rack() { find_rack || fail "the lab is not running; 'up' starts it"; }

in_rack() { nsenter --target "$RACK" --mount --net --pid -- "$@" 9>&-; }

# node_pid NODE: sets NODE_PID to the node's PID 1 as this machine sees it; fails when the node has no power.
node_pid() {
    local child children=() inner
    NODE_PID=
    { read -r inner <"$LAB_DIR/nodes/$1/init.pid"; } 2>/dev/null || return 1
    { read -ra children <"/proc/$RACK/task/$RACK/children"; } 2>/dev/null # a line without an end
    for child in "${children[@]}"; do
        if is_inside "$child" "$inner"; then
            NODE_PID=$child
            return 0
        fi
    done
    return 1
}

# in_node NODE CMD...: without any of the caller's environment. AS_USER: as that user of the node, with its groups.
in_node() {
    local node=$1 as=()
    shift
    node_pid "$node" || { warn "node $node has no power" && return 1; }
    [ -z "${AS_USER-}" ] || as=(setpriv --reuid "$AS_USER" --regid "$AS_USER" --init-groups --)
    nsenter --target "$NODE_PID" --mount --uts --ipc --net --pid -- /usr/bin/env -i \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root USER=root LANG=C.UTF-8 \
        TERM="${TERM-dumb}" HVC_LAB="$LAB" HVC_NODE="$node" ${as[@]+"${as[@]}"} "$@" 9>&-
}

power_request() { "$LAB_DIR/lab/fence_hvclab" "$1" "$2" lab "$LAB_DIR/switch/power.sock"; }

start_rack() { "$1/tests/lab/hvc-lab-rack" "$LAB_DIR"; }

# A killed rack has lost its command line before the processes below it are gone, and as a zombie it still has the lab's
# PID namespace; the machine's init takes some seconds to reap it.
is_dying_rack() {
    local name length=
    { read -r name <"/proc/$1/comm" && length=$(wc -c <"/proc/$1/cmdline"); } 2>/dev/null
    [ "$length" = 0 ] && [ "$name" = hvc-lab-rack ] && is_inside "$1" 1
}

rack_is_gone() { ! is_rack "$1" && ! is_dying_rack "$1"; }

# Everything in the lab's PID namespace, every nested namespace and every mount in them goes with the rack, also with one
# that somebody else has killed. Returns when that is over.
end_rack() {
    local pid=
    if find_rack; then
        pid=$RACK
        kill -KILL "$pid" 2>/dev/null
    else
        { read -r pid <"$LAB_DIR/rack.pid"; } 2>/dev/null || return 0 # there never was one
    fi
    poll 30 rack_is_gone "$pid" || { warn "the rack (pid $pid) does not end, or is not reaped by its parent" && return 1; }
}
