# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What reading over CIM-XML costs, beside a bare libmicrohttpd. Sourced by tests/bench/run. The cluster and its hvclusterd
# at the greatest size are those of the bench `state`.
# shellcheck source=tests/bench/state.sh
. tests/bench/state.sh

log=build/bench-wbem.log
out=build/bench-wbem
tls_clients=(/etc/hvcluster/bench.pem /etc/hvcluster/bench.key) # of the server and of its clients
warm_up=10000 many=100000 single=2000 enumerations=5
[ -z "$short" ] || warm_up=1000 many=5000 single=200 enumerations=2 rounds=1

# Requests from the unit tests, with this lab's names and the class of virtual systems.
make_requests() {
    local cluster
    cluster=$($lab exec n3 corosync-cmapctl -g totem.cluster_name | sed 's/.*= //') && [ -n "$cluster" ] || return 1
    sed "s/>lab</>$cluster</" tests/golden/wbem/get-service-cluster.request.xml >"$out.get"
    cp tests/golden/wbem/enumerate-system-cluster.request.xml "$out.enumerate"
}
start_wbemd() {
    quietly $lab exec n3 sh -eu <<'CONF' || return 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /etc/hvcluster/bench.key \
    -out /etc/hvcluster/bench.pem -subj /CN=bench -days 2
chown hvcluster-wbem /etc/hvcluster/bench.key
cat >/etc/hvcluster/bench-wbemd.conf <<'KEYS'
[http]
address=127.0.0.1
[https]
address=127.0.0.1
certificate=/etc/hvcluster/bench.pem
key=/etc/hvcluster/bench.key
client_ca=/etc/hvcluster/bench.pem
[access]
anonymous=read
[certificate bench]
cn=bench
role=read
KEYS
CONF
    $lab exec n3 setpriv --reuid hvcluster-wbem --regid hvcluster-wbem --clear-groups \
        hvcluster-wbemd --config /etc/hvcluster/bench-wbemd.conf >>"$log" 2>&1 </dev/null &
    { until_true 20 serves 5988 && until_true 20 serves 5989 https; } || give_up "hvcluster-wbemd does not come up"
}
serves() { $lab exec n3 curl -sk -o /dev/null "${2:-http}://127.0.0.1:$1/"; } # serves PORT [https]
start_floors() { # start_floors BYTES
    $lab exec n3 "$programs/wbem/hvc-bench-floor" 6988 "$1" >>"$log" 2>&1 </dev/null &
    $lab exec n3 "$programs/wbem/hvc-bench-floor" 6989 "$1" "${tls_clients[@]}" >>"$log" 2>&1 </dev/null &
    { until_true 20 serves 6988 && until_true 20 serves 6989 https; } || give_up "the floor does not come up"
}
load() { # load PORT CLIENTS REQUESTS [FILE]: over TLS where it is spoken
    local tls=()
    [[ $1 != *9 ]] || tls=("${tls_clients[@]}")
    $lab exec n3 "$programs/wbem/hvc-bench-wbem" "$1" "$2" "$3" "${4:-$PWD/$out.get}" "${tls[@]}" 2>>"$log"
}

# In turn, so that all see the same machine: each figure is the median of the rounds.
bench_get() {
    local a i port
    rm -f "$out".{5988,5989,6988,6989}{,-32}
    for ((i = 0; i < rounds; i++)); do
        for port in 6988 5988 6989 5989; do
            a=$(load $port 1 $single) && note $port "$a" || return 1
            a=$(load $port 32 $((single / 4))) && note "$port-32" "$a" || return 1
        done
    done
}
print_get() {
    local get floor rate floor_rate
    get=$(of_rounds 5988 p50_ms) floor=$(of_rounds 6988 p50_ms)
    rate=$(of_rounds 5988-32 rate) floor_rate=$(of_rounds 6988-32 rate)
    row "GetInstance, 1 client, HTTP: p50" "$get" "$floor" ms "$(calc "$get / $floor")" "<= 0.6 ms"
    row "  p99" "$(of_rounds 5988 p99_ms)" "$(of_rounds 6988 p99_ms)" ms "" ""
    row "  TLS: p50" "$(of_rounds 5989 p50_ms)" "$(of_rounds 6989 p50_ms)" ms \
        "$(calc "$(of_rounds 5989 p50_ms) / $(of_rounds 6989 p50_ms)")" ""
    row "GetInstance, 32 clients, HTTP" "$rate" "$floor_rate" 1/s "$(calc "$rate / $floor_rate")" ">= 6000"
    row "  p50 / p99" "$(both 5988-32)" "$(both 6988-32)" ms "" ""
    row "  TLS" "$(of_rounds 5989-32 rate)" "$(of_rounds 6989-32 rate)" 1/s \
        "$(calc "$(of_rounds 5989-32 rate) / $(of_rounds 6989-32 rate)")" ""
    figure get_p50_ms "$get"
    figure floor_p50_ms "$floor"
    figure get_tls_p50_ms "$(of_rounds 5989 p50_ms)"
    figure floor_tls_p50_ms "$(of_rounds 6989 p50_ms)"
    figure get_rps_32 "$rate"
    figure floor_rps_32 "$floor_rate"
    figure get_tls_rps_32 "$(of_rounds 5989-32 rate)"
    figure floor_tls_rps_32 "$(of_rounds 6989-32 rate)"
}

# Resident memory: after the warm-up, and so many requests later.
bench_growth() {
    local before after
    load 5988 4 $((warm_up / 4)) >>"$log" && before=$(memory_of hvcluster-wbemd VmRSS) &&
        load 5988 4 $((many / 4)) >>"$log" && after=$(memory_of hvcluster-wbemd VmRSS) || return 1
    row "resident: after $warm_up requests" "$before" "" MiB "" ""
    row "  growth over $many more" "$(calc "$after - $before")" "" MiB "" "<= 1"
    figure rss_growth_mib "$(calc "$after - $before")"
}
bench_enumerate() {
    local a
    a=$(load 5988 1 $enumerations "$PWD/$out.enumerate") || return 1
    [ "$(field instances <<<"$a")" -ge 8000 ] || give_up "an enumeration gave $a" || return 1
    row "EnumerateInstances, $(field instances <<<"$a") systems" "$(calc "$(field p50_ms <<<"$a") / 1000" 3)" "" s "" "<= 1"
    row "  of them $(calc "$(field bytes <<<"$a") / 1048576") MiB: resident / at most" \
        "$(memory_of hvcluster-wbemd VmRSS) / $(memory_of hvcluster-wbemd VmHWM)" "" MiB "" ""
    figure enumerate_8000_s "$(calc "$(field p50_ms <<<"$a") / 1000" 3)"
    figure rss_peak_mib "$(memory_of hvcluster-wbemd VmHWM)"
}
bench_all() {
    local bytes
    order fill >>"$log" || give_up "the cluster could not be filled" || return 1
    stop n3 hvc-bench-replica && quietly $lab exec n3 rm -rf "$folder" && start_daemon && make_requests && start_wbemd || return 1
    bytes=$(load 5988 1 1 | field bytes) && [ -n "$bytes" ] || give_up "the service cannot be read" || return 1
    start_floors "$bytes" && bench_growth && bench_get && print_get && bench_enumerate
}

bench_wbem() {
    local program status=0
    bench_all || give_up "reading cannot be measured" || status=1
    for program in hvc-bench-floor hvcluster-wbemd hvclusterd; do
        stop n3 $program || status=1
    done
    return "$status"
}
bench() { in_lab floor bench_wbem; }
