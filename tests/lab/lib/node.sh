# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What is done to a node: exec, power, kill, service, logs.

verb_exec() {
    # shellcheck disable=SC2034 # in_node reads it
    local AS_USER=''
    if [ "${1-}" = --user ]; then
        need_value "$@"
        # shellcheck disable=SC2034
        AS_USER=$2
        shift 2
    fi
    need_node "${1-}"
    [ $# -gt 1 ] || die "exec NODE CMD...: which command?"
    need_rack
    in_node "$@"
}

verb_power() {
    local action=${1-} node=${2-}
    case $action in
    on | off | reboot | status | jam | unjam) ;;
    *) die "power on|off|reboot|status|jam|unjam NODE" ;;
    esac
    need_node "$node"
    need_rack
    case $action in
    jam) touch "$LAB_DIR/nodes/$node/jammed" ;;
    unjam) rm -f "$LAB_DIR/nodes/$node/jammed" ;;
    status) if power_request status "$node"; then echo on; else echo off; fi ;;
    *) power_request "$action" "$node" ;;
    esac
}

# In the node: kills by exact name. A process is called what the kernel calls it (15 characters) or what its program's
# file is called; a script is called as its file.
# shellcheck disable=SC2016 # for the node's shell
KILL_SCRIPT='
name=$1 signal=$2 text=$3 count=0
for process in /proc/[0-9]*; do
    pid=${process#/proc/}
    [ "$pid" != 1 ] && [ "$pid" != $$ ] || continue
    { read -r comm <"$process/comm"; } 2>/dev/null || continue
    exe=$(readlink "$process/exe") || continue
    exe=${exe% (deleted)}
    arguments=()
    mapfile -d "" -t arguments <"$process/cmdline" 2>/dev/null
    [ "$comm" = "$name" ] || [ "${exe##*/}" = "$name" ] || [ "${arguments[1]##*/}" = "$name" ] || continue
    [ -z "$text" ] || [[ "${arguments[*]}" == *"$text"* ]] || continue
    kill -s "$signal" "$pid" && count=$((count + 1))
done
[ "$count" -gt 0 ] || { echo "no process $name in $HVC_NODE" >&2 && exit 1; }
echo "$count"'

verb_kill() {
    local words=() text=
    while [ $# -gt 0 ]; do
        case $1 in
        --arg) need_value "$@" && text=$2 && shift ;;
        *) words+=("$1") ;;
        esac
        shift
    done
    need_node "${words[0]-}"
    [ "${#words[@]}" -ge 2 ] && [ "${#words[@]}" -le 3 ] || die "kill NODE PROCESS [SIGNAL] [--arg TEXT]"
    local signal=${words[2]-KILL}
    kill -l "${signal#SIG}" >/dev/null 2>&1 || die "'$signal' is no signal"
    need_rack
    in_node "${words[0]}" bash -c "$KILL_SCRIPT" kill "${words[1]}" "${signal#SIG}" "$text"
}

verb_service() {
    need_node "${1-}"
    [ $# = 3 ] || die "service NODE NAME start|stop|restart|status"
    need_rack
    in_node "$1" service "$2" "$3"
}

verb_logs() {
    local file
    if [ "${1-}" = switch ]; then
        load_lab
        cat "$LAB_DIR/rack.log"
        return
    fi
    need_node "${1-}"
    if [ -n "${2-}" ]; then
        cat "$LAB_DIR/nodes/$1/log/$2"
        return
    fi
    find "$LAB_DIR/nodes/$1/log" -type f -size +0 | sort | while read -r file; do
        echo "==> ${file#"$LAB_DIR/nodes/$1/log/"} <=="
        cat "$file"
    done
}
