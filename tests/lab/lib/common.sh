# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Words to the user, the lab's lock and the lab's parameters.

# shellcheck source=tests/lab/machine/net.sh
. "$LAB_HOME/machine/net.sh"

say() { echo "lab $LAB: $*"; }
warn() { echo "lab $LAB: $*" >&2; }
die() {
    echo "lab: $*" >&2
    exit 2
}
fail() {
    warn "$*"
    exit 1
}

need_value() { [ $# -gt 1 ] || die "$1 needs a value"; }

# poll SECONDS COMMAND...: until it succeeds. PAUSE between two tries.
poll() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep "${PAUSE:-0.1}"
    done
}

# One verb that changes a lab at a time. The lock file lies in the lab's folder and goes with it, so whoever waited for
# it must look whether it is still the one that the folder has. It is descriptor 9, which in_rack and in_node close: what
# they start may outlive the command, and the lock with it.
lock_lab() {
    local mine theirs
    while :; do
        mkdir -p "$LAB_DIR"
        exec 9>>"$LAB_DIR/lock" || fail "cannot open $LAB_DIR/lock"
        flock -w 120 9 || fail "another command has held the lab for two minutes"
        mine=$(stat -L -c %i /proc/self/fd/9)
        theirs=$(stat -c %i "$LAB_DIR/lock" 2>/dev/null || true)
        [ "$mine" != "$theirs" ] || return 0
    done
}

# The parameters of the lab that is there: NODES, TOKEN, BUILD and what create.sh drew.
load_lab() {
    [ -e "$LAB_DIR/lab/conf/lab.conf" ] || fail "there is no lab of this name; 'up' makes it"
    # shellcheck source=/dev/null
    . "$LAB_DIR/lab/conf/lab.conf"
}

all_nodes() { seq -f 'n%.0f' 1 "$NODES"; }

is_node() { [[ $1 =~ ^n[1-9]$ ]] && [ "${1#n}" -le "$NODES" ]; }

need_node() {
    [ $# -gt 0 ] && [ -n "$1" ] || die "which node?"
    load_lab
    is_node "$1" || die "there is no node '$1' in this lab; it has $(all_nodes | xargs)"
}
