# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# cut, heal, slow: what is done to a node's cables. machine/net.sh writes and applies it.

set_cable() { # set_cable NODE NETWORK CUT RATE: "keep" keeps one of them
    in_rack bash -c ". '$LAB_DIR/lab/machine/net.sh' && net_set '$LAB_DIR' '$1' '$2' '$3' '$4'"
}

take_net_options() { # sets NETS, ONEWAY and WORDS; NETS holds the default before
    ONEWAY='' WORDS=()
    while [ $# -gt 0 ]; do
        case $1 in
        --net)
            need_value "$@"
            net_number "$2" >/dev/null || die "there is no network '$2'; there are ${NETWORKS[*]}"
            NETS=("$2")
            shift
            ;;
        --oneway | --oneway=out) ONEWAY=out ;;
        --oneway=in) ONEWAY=in ;;
        -*) die "what is '$1'?" ;;
        *) WORDS+=("$1") ;;
        esac
        shift
    done
}

verb_cut() {
    local net
    NETS=(ring migration)
    take_net_options "$@"
    need_node "${WORDS[0]-}"
    need_rack
    for net in "${NETS[@]}"; do
        set_cable "${WORDS[0]}" "$net" "${ONEWAY:-full}" keep || return 1
    done
}

verb_heal() {
    local net node nodes
    NETS=("${NETWORKS[@]}")
    take_net_options "$@"
    if [ "${WORDS[0]-}" = all ]; then
        load_lab
        nodes=$(all_nodes)
    else
        need_node "${WORDS[0]-}"
        nodes=${WORDS[0]}
    fi
    need_rack
    for node in $nodes; do
        for net in "${NETS[@]}"; do
            set_cable "$node" "$net" none none || return 1
        done
    done
}

heal_all() {
    local file
    for file in "$LAB_DIR"/nodes/*/net/*; do
        [ -e "$file" ] || continue
        set_cable "$(basename "$(dirname "$(dirname "$file")")")" "$(basename "$file")" none none
    done
}

verb_slow() {
    local net rate
    NETS=(migration)
    take_net_options "$@"
    need_node "${WORDS[0]-}"
    rate=${WORDS[1]-}
    [ "$rate" != off ] || rate=none
    [[ $rate =~ ^(none|[0-9]+([kmg]?bit|[kmg]?bps))$ ]] || die "slow NODE RATE|off: a rate is a number with kbit, mbit, gbit (or kbps, mbps), not '$rate'"
    need_rack
    for net in "${NETS[@]}"; do
        set_cable "${WORDS[0]}" "$net" keep "$rate" || return 1
    done
}
