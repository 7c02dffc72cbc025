# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the replicated state costs. Sourced by tests/bench/run.

export HVC_LAB=${HVC_LAB:-bench}
lab=tests/lab/lab
programs=$PWD/build/release/tests/bench
folder=/var/lib/hvc-bench # of the store, on each node's disk
log=build/bench-state.log
out=build/bench-state # what the nodes' replicas print, out.nN
bytes=160             # of a CPG message in the comparison: as long as a proposal with an ordinary command
count_single=200 count_many=10000 rounds=5
[ -z "$short" ] || count_single=50 count_many=5000 rounds=2

quietly() { "$@" >>"$log" 2>&1; }
give_up() {
    echo "tests/bench/run: $*; the end of $log:" >&2
    tail -n 20 "$log" >&2
    return 1
}
until_true() { # until_true SECONDS COMMAND...
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}
ended() { ! $lab exec "$1" pgrep -x "${2:0:15}" >/dev/null; } # ended NODE PROGRAM; the kernel keeps 15 letters
stop() {                                                      # stop NODE PROGRAM
    ended "$1" "$2" || { quietly $lab kill "$1" "$2" TERM && until_true 30 ended "$1" "$2"; }
}

# replica NODE [INDEX]: starts the node's replica; what it measures goes to $out.NODE, a line a phase. n1 takes orders.
declare -A job # by node: what runs its replica
replica() {
    local node=$1 input=/dev/null
    shift
    : >"$out.$node"
    [ "$node" != n1 ] || input=$out.orders
    $lab exec "$node" "$programs/state/hvc-bench-replica" hvc-bench "$folder" "$@" >"$out.$node" 2>>"$log" <"$input" &
    job[$node]=$!
}
# What is called while something is measured starts no process: it would take its time on the same processors.
lines() { # lines NODE PHASE: sets $count
    local line
    count=0
    while read -r line; do
        [[ $line != *"\"phase\": \"$2\""* ]] || ((++count))
    done <"$out.$1"
}
line() { grep "\"phase\": \"$2\"" "$out.$1" | tail -n 1; }
wait_for() { # wait_for SECONDS NODE PHASE COUNT
    local deadline=$((SECONDS + $1)) count
    until lines "$2" "$3" && [ "$count" -ge "$4" ]; do
        [ "$SECONDS" -lt "$deadline" ] && kill -0 "${job[$2]}" 2>/dev/null || return 1
        read -r -t 0.05 -u "$pause" || :
    done
}
start_replicas() {
    local node
    rm -f "$out.orders" && mkfifo "$out.orders" || return 1
    exec {orders}<>"$out.orders" # both ways: nobody waits for the other end
    exec {pause}<> <(:)          # nothing ever comes of it
    for node in n1 n2 n3; do replica $node || return 1; done
    for node in n1 n2 n3; do wait_for 60 $node service 1 || return 1; done
}
order() { # order PHASE...: runs it on n1, prints its figures
    local count
    lines n1 "$1"
    echo "$*" >&"$orders"
    wait_for 200 n1 "$1" $((count + 1)) && line n1 "$1"
}
fsync() { # fsync [NODE COUNT]
    $lab exec "${1:-n1}" "$programs/state/hvc-bench-fsync" /var/lib/bench-fsync "${2:-$count_single}" 2>>"$log"
}
ping() { $lab exec n1 "$programs/state/hvc-bench-cpg" hvc-bench-ping 3 ping "$1" $bytes "$2" 2>>"$log"; }
# What an entry meets: its three writes happen at once, on processors that pass corosync's token on.
fsync_of_all() {
    local node one jobs=()
    ping $((5 * count_single)) 1 >/dev/null &
    jobs+=($!)
    for node in n2 n3; do
        fsync $node $((3 * count_single)) >/dev/null &
        jobs+=($!)
    done
    fsync n1 $((3 * count_single)) || return 1
    for one in "${jobs[@]}"; do
        wait "$one" || return 1
    done
}
note() { printf '%s\n' "$2" >>"$out.$1"; }                   # note NAME JSON: of one round
of_rounds() { field "$2" <"$out.$1" | median; }              # of_rounds NAME FIGURE: the rounds' median
both() { echo "$(of_rounds "$1" p50_ms) / $(of_rounds "$1" p99_ms)"; }

# Everything in turn, so that all of it sees the same machine: each figure is the median of the rounds.
bench_entries() {
    local a i node
    rm -f "$out".{fsync,fsync-all,ping,ping-many,entry,entry-many}
    for node in n2 n3; do
        $lab exec $node "$programs/state/hvc-bench-cpg" hvc-bench-ping 3 serve >>"$log" 2>&1 </dev/null &
    done
    for ((i = 0; i < rounds; i++)); do
        a=$(fsync) && note fsync "$a" || return 1
        a=$(fsync_of_all) && note fsync-all "$a" || return 1
        a=$(ping $count_single 1) && note ping "$a" || return 1
        a=$(order single $count_single) && note entry "$a" || return 1
        a=$(ping $count_many 256) && note ping-many "$a" || return 1
        a=$(order many $count_many) && note entry-many "$a" || return 1
    done
    stop n2 hvc-bench-cpg && stop n3 hvc-bench-cpg
}
print_entries() {
    local cpg sync rate cpg_rate entry
    sync=$(of_rounds fsync p50_ms) cpg=$(of_rounds ping p50_ms) entry=$(of_rounds entry p50_ms)
    rate=$(of_rounds entry-many rate) cpg_rate=$(of_rounds ping-many rate)
    row "write of a page and fsync: p50 / p99" "$(both fsync)" "" ms "" ""
    row "  on three nodes at once, ring busy" "$(both fsync-all)" "" ms "" ""
    row "one entry after the other: p50" "$entry" "$cpg" ms "$(calc "$entry / $cpg")" \
        "ours <= $(calc "2 * $cpg + $sync + 1") ms (2 CPG + fsync + 1 ms)"
    row "  p99" "$(of_rounds entry p99_ms)" "$(of_rounds ping p99_ms)" ms "" ""
    row "  rate" "$(of_rounds entry rate)" "$(of_rounds ping rate)" 1/s "" ""
    row "256 outstanding: rate" "$rate" "$cpg_rate" 1/s "$(calc "$rate / $cpg_rate")" ">= 0.5"
    row "  p50 / p99" "$(both entry-many)" "$(both ping-many)" ms "" ""
    figure fsync_p50_ms "$sync"
    figure fsync_all_p50_ms "$(of_rounds fsync-all p50_ms)"
    figure cpg_p50_ms "$cpg"
    figure commit_p50_ms "$entry"
    figure commit_p99_ms "$(of_rounds entry p99_ms)"
    figure cpg_rate "$cpg_rate"
    figure commit_rate "$rate"
}

# At its greatest: 64 nodes, 8,000 guests, 10,000 jobs.
bench_size() {
    local index core fill
    fill=$(order fill) || give_up "the cluster could not be filled" || return 1
    index=$(field applied <<<"$fill")
    row "filling: 64 nodes, 8,000 guests, 10,000 jobs" "$(field rate <<<"$fill")" "" 1/s "" ""
    row "resident: the replica that was filled" "$(field rss_mib <<<"$fill")" "" MiB "" ""
    figure replica_rss_mib "$(field rss_mib <<<"$fill")"
    core=$("$programs/service/hvc-bench-service" 2>>"$log") || return 1
    row "snapshot: write / load, state machine alone" "$(core_figure snapshot_ms) / $(core_figure load_ms)" "" ms "" ""
    stop n3 hvc-bench-replica || return 1
    replica n3 "$index" &&
        wait_for 60 n3 service 1 || give_up "a restarted node does not come back" || return 1
    row "restart with its store: in service" "$(line n3 service | field service_s)" "" s "" ""
    figure restart_s "$(line n3 service | field service_s)"
    stop n3 hvc-bench-replica && quietly $lab exec n3 rm -rf "$folder" || return 1
    replica n3 "$index" &&
        wait_for 60 n3 service 1 || give_up "an empty node does not join" || return 1
    row "join with an empty store: in service" "$(line n3 service | field service_s)" "" s "" "<= 2"
    row "  and with every definition" "$(line n3 service | field documents_s)" "" s "" ""
    figure join_s "$(line n3 service | field service_s)"
    figure join_documents_s "$(line n3 service | field documents_s)"
    stop n3 hvc-bench-replica && bench_daemon
}
# The daemon itself on n3, with an empty store, in the same group: all of it, definitions included, and it counts; until
# then it leaves once more to take part in the next view.
daemon_holds_all() {
    local status
    $lab exec n3 hvcluster node list 2>/dev/null | grep -q node-64.cluster.example.org &&
        status=$($lab exec n3 hvcluster status --json 2>/dev/null) && [[ $status =~ \"missing_documents\":\ *0[^0-9] ]] &&
        [[ $status =~ \"health\":\ *\"voting\" ]]
}
memory_of() { # memory_of PROGRAM FIELD: MiB, on n3; the kernel keeps 15 letters of a name
    # shellcheck disable=SC2016 # for the node's shell
    $lab exec n3 sh -c 'cat /proc/$(pgrep -x "$1")/status' sh "${1:0:15}" | awk -v f="$2:" '$1 == f { printf "%.1f", $2 / 1024 }'
}
start_daemon() {
    quietly $lab exec n3 sh -c 'printf "[cluster]\ngroup = hvc-bench\n" >/etc/hvcluster/bench.conf' || return 1
    $lab exec n3 hvclusterd --config /etc/hvcluster/bench.conf >>"$log" 2>&1 </dev/null &
    until_true 60 daemon_holds_all || give_up "hvclusterd on n3 does not get the cluster's state"
}
bench_daemon() {
    local rss peak
    start_daemon || return 1
    rss=$(memory_of hvclusterd VmRSS) peak=$(memory_of hvclusterd VmHWM)
    stop n3 hvclusterd || return 1
    row "hvclusterd at that size: resident / at most" "$rss / $peak" "" MiB "" "<= 128"
    figure rss_mib "$rss"
    figure rss_peak_mib "$peak"
}
core_figure() { awk -v key="$1" '$1 == key { print $2 }' <<<"$core"; }

# in_lab PEER WORK: a lab in which replicas run while WORK measures; PEER heads the column of what ours stands beside.
in_lab() {
    local node status=0
    : >"$log"
    trap 'quietly $lab down' EXIT
    trap 'exit 130' INT TERM HUP
    quietly $lab up --build build/release || give_up "the lab does not come up" || return 1
    row "what" ours "$1" unit ratio bar
    if start_replicas; then
        "$2" || status=1
    else
        give_up "the replicas do not come into service" || status=1
    fi
    for node in n1 n2 n3; do
        stop $node hvc-bench-replica || status=1
    done
    wait
    return "$status"
}
bench_state() {
    { bench_entries || give_up "entries cannot be measured"; } && print_entries &&
        { bench_size || give_up "the greatest size cannot be measured"; }
}
bench() { in_lab CPG bench_state; }
