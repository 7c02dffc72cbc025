# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # lab comes from lib.sh; the scenarios use what is set here
# The hypervisor interface driven by hand in nodes without Pacemaker's part, for the scenarios named hypervisor_*.
# Source lib.sh first.

HV=$PWD/$HVC_BUILD/tests/lab/tools/hvc-hypervisor
ENDS=$PWD/$HVC_BUILD/tests/lab/tools/hvc-ends
said='' rc=0 took_ms=0

hv() { on "$1" "$HV" "${@:2}"; }   # hv NODE ARGUMENTS...
uri() { echo "qemu+tls://$1/system"; }

# hypervisor_begin GUEST...: a lab whose Pacemaker has nothing to do; GUEST exists everywhere and runs on n1.
hypervisor_begin() {
    local guest
    mkdir -p build/tests
    if ! $lab up >"build/tests/lab-up-$HVC_LAB.log" 2>&1; then
        cat "build/tests/lab-up-$HVC_LAB.log"
        not_ok "the lab comes up"
        group_end
    fi
    trap scenario_abort EXIT
    for guest; do
        $lab guest create "$guest" && begin_guest "$guest" || not_ok "guest $guest runs on n1"
    done
}
uuid() { on n1 sed -n 's/.*<uuid>\(.*\)<.*/\1/p' "/etc/hvcluster/guests/$1.xml"; }
begin_guest() { # begin_guest GUEST [NODE]
    hv "${2:-n1}" start "/etc/hvcluster/guests/$1.xml" "owner-of-$1" && poll 60 counts_at_all "$1"
}
again() { # again GUEST: whatever happened, it runs afresh on n1
    local node
    for node in $(all_nodes_of_lab); do
        hv "$node" --timeout 20000 stop "$(uuid "$1")" kill >/dev/null 2>&1
    done
    begin_guest "$1"
}

class_at() { hv "$1" --uri "$(uri "$2")" inspect "$3" 2>&1 | sed -n 's/.* class=\([a-z]*\) .*/\1/p'; } # class_at FROM NODE UUID
is_class() { [ "$(class_at "$1" "$2" "$3")" = "$4" ]; }

# run_hv NODE ARGUMENTS...: sets said (both streams), rc and took_ms.
run_hv() {
    local begin
    begin=$(date +%s%N)
    said=$(hv "$@" </dev/null 2>&1)
    rc=$?
    took_ms=$((($(date +%s%N) - begin) / 1000000))
}
# move_by NODE UUID SOURCE TARGET TIMEOUT-MS [OPTIONS...]
move_by() { run_hv "$1" --uri "$(uri "$3")" --timeout "$5" move "$2" "$3" "$4" "$(uri "$4")" "${@:6}"; }
# start_move NODE UUID SOURCE TARGET TIMEOUT-MS [OPTIONS...]: in the background; end_move waits and sets the same.
start_move() {
    move_log=$(mktemp)
    on "$1" "$HV" --uri "$(uri "$3")" --timeout "$5" move "$2" "$3" "$4" "$(uri "$4")" "${@:6}" </dev/null >"$move_log" 2>&1 &
    move_pid=$!
}
# start_attached ...: the same as start_move, by a client that hang_up lets go away.
start_attached() {
    move_log=$(mktemp)
    mkfifo "$move_log.client"
    exec 9<>"$move_log.client" 8<"$move_log.client"
    rm -f "$move_log.client"
    on "$1" "$HV" --uri "$(uri "$3")" --timeout "$5" move "$2" "$3" "$4" "$(uri "$4")" "${@:6}" attached \
        <&8 8<&- 9>&- >"$move_log" 2>&1 &
    move_pid=$!
    exec 8<&-
}
hang_up() { exec 9>&-; }
copying() { grep -q "phase=copying .* iteration=[1-9]" "$move_log"; }
end_move() {
    wait "$move_pid"
    rc=$?
    said=$(cat "$move_log")
    rm -f "$move_log"
}
ended() { # ended TEXT END [PATTERN]: what the last move came to
    if grep -qE "^phase=ended end=$2 .*${3-}" <<<"$said"; then
        ok "$1"
    else
        tail -n 4 <<<"$said"
        not_ok "$1 (not: $2 ${3-})"
    fi
}
in_time() { # in_time TEXT MS
    if [ "$took_ms" -le "$2" ]; then ok "$1 ($took_ms ms)"; else not_ok "$1 ($took_ms ms, not $2)"; fi
}
