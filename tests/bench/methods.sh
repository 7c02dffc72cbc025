# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What a move by a client of CIM costs: from InvokeMethod to the guest running on the target and its job complete, beside a
# bare virsh migrate of a guest like it. Sourced by tests/bench/run.
export HVC_LAB=${HVC_LAB:-bench}
export HVC_BUILD=build/release
# shellcheck source=tests/lab/scenarios/lib.sh
. tests/lab/scenarios/lib.sh
# shellcheck source=tests/lab/scenarios/hypervisor.sh
. tests/lab/scenarios/hypervisor.sh
# shellcheck source=tests/lab/scenarios/wbem.sh
. tests/lab/scenarios/wbem.sh
# shellcheck source=tests/lab/scenarios/methods.sh
. tests/lab/scenarios/methods.sh
rounds_methods=9
[ -z "$short" ] || rounds_methods=2
log=build/bench-methods.log

quietly() { "$@" >>"$log" 2>&1; }
give_up() {
    echo "tests/bench/run: $*; the end of $log:" >&2
    tail -n 20 "$log" >&2
    return 1
}

get_job() { # the request for a job whose number is put in later
    printf '<CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE ID="1" PROTOCOLVERSION="1.0"><SIMPLEREQ><IMETHODCALL NAME="GetInstance"><LOCALNAMESPACEPATH>%s</LOCALNAMESPACEPATH>' "$V2"
    printf '<IPARAMVALUE NAME="InstanceName"><INSTANCENAME CLASSNAME="Msvm_MigrationJob">%s</INSTANCENAME></IPARAMVALUE></IMETHODCALL></SIMPLEREQ></MESSAGE></CIM>' "$(key InstanceID @JOB@)"
}
by_method() { # by_method NODE: sets invoked and whole
    make_call service MigrateVirtualSystemToHost "$(text DestinationHost "$1")" "$(reference ComputerSystem "$SYSTEM")" |
        on n3 sh -c 'cat >/tmp/bench-call'
    read -r invoked whole < <(on n3 "$PWD/$HVC_BUILD/tests/bench/wbem/hvc-bench-follow" 5989 changer:o /tmp/bench-call /tmp/bench-get 2>>"$log") && [ -n "$whole" ] && located_on b1 "$1"
}
# by_virsh FROM TO: milliseconds
by_virsh() {
    on "$1" bash -c 'begin=$(date +%s%3N); virsh migrate --live --p2p --tls "$0" "qemu+tls://$1/system" >/dev/null && echo $(($(date +%s%3N) - begin))' \
        b2 "$2" 2>>"$log"
}
bench_moves() {
    local invokes=() wholes=() rests=() bare=() bare_rests=() to=n2 swap ms
    [ "$from" = n1 ] || to=n1
    for ((i = 0; i < rounds_methods; i++)); do
        by_method "$to" || give_up "the move by a method failed" || return 1
        invokes+=("$invoked") wholes+=("$whole") rests+=("$(calc "$whole - $(copied_ms "$to" b1)" 0)")
        ms=$(by_virsh "$from" "$to") && [ -n "$ms" ] || give_up "virsh migrate failed" || return 1
        bare+=("$ms") bare_rests+=("$(calc "$ms - $(copied_ms "$to" b2)" 0)")
        swap=$from from=$to to=$swap
    done
    local a b
    a=$(printf '%s\n' "${wholes[@]}" | median)
    b=$(printf '%s\n' "${bare[@]}" | median)
    row "what" ours theirs unit ratio bar
    row "InvokeMethod" "$(printf '%s\n' "${invokes[@]}" | median)" "" ms "" ""
    row "InvokeMethod to job complete, staged move" "$a" "$b" ms "$(calc "$a / $b")" ""
    a=$(printf '%s\n' "${rests[@]}" | median)
    b=$(printf '%s\n' "${bare_rests[@]}" | median)
    row "  without QEMU's own time" "$a" "$b" ms "$(calc "$a / $b")" "ours - virsh <= 700 ms"
    figure method_invoke_ms "$(printf '%s\n' "${invokes[@]}" | median)"
    figure method_overhead_ms "$(calc "$a - $b" 0)"
}
bench() {
    local from
    : >"$log"
    trap 'quietly $lab down; rm -rf "$WORK"' EXIT
    trap 'exit 130' INT TERM HUP
    quietly $lab up --build "$HVC_BUILD" || give_up "the lab does not come up" || return 1
    quietly n1 pcs resource create migration-service ocf:hvcluster:MigrationService clone interleave=true &&
        poll 30 service_runs || give_up "the migration service does not run" || return 1
    quietly managed b1 || give_up "the guest b1 does not run" || return 1
    quietly n1 pcs constraint location b1 avoids n3 && idle
    from=$(located b1)
    quietly $lab guest create b2 && quietly begin_guest b2 "$from" || give_up "the guest b2 does not run" || return 1
    quietly clients_begin b1
    get_job | on n3 sh -c 'cat >/tmp/bench-get'
    bench_moves
}
