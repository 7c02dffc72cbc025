# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the scenarios use what is set here
# Calls of methods by raw CIM-XML, asked on n3 by an operator, for the scenarios named wbem_*. Source lib.sh, hypervisor.sh
# and wbem.sh first.
V2='<NAMESPACE NAME="root"/><NAMESPACE NAME="HyperVCluster"/><NAMESPACE NAME="v2"/>'
HTTPS=https://127.0.0.1:5989
asked_on=n3
asked_by=changer:o # an operator

# ---- requests ----
key() { printf '<KEYBINDING NAME="%s"><KEYVALUE VALUETYPE="string">%s</KEYVALUE></KEYBINDING>' "$1" "$2"; }
text() { printf '<PARAMVALUE NAME="%s" PARAMTYPE="string"><VALUE>%s</VALUE></PARAMVALUE>' "$1" "$2"; }
reference() { # reference PARAMETER NAME: a system
    printf '<PARAMVALUE NAME="%s" PARAMTYPE="reference"><VALUE.REFERENCE><LOCALINSTANCEPATH><LOCALNAMESPACEPATH>%s</LOCALNAMESPACEPATH>' "$1" "$V2"
    printf '<INSTANCENAME CLASSNAME="Msvm_ComputerSystem">%s%s</INSTANCENAME></LOCALINSTANCEPATH></VALUE.REFERENCE></PARAMVALUE>' \
        "$(key CreationClassName Msvm_ComputerSystem)" "$(key Name "$2")"
}
instance() { # instance CLASS PROPERTY=VALUE... PROPERTY*=VALUE...: as text; with * an array of one
    local property name
    printf '&lt;INSTANCE CLASSNAME="%s"&gt;' "$1"
    for property in "${@:2}"; do
        name=${property%%=*}
        if [[ $name == *\* ]]; then
            printf '&lt;PROPERTY.ARRAY NAME="%s" TYPE="string"&gt;&lt;VALUE.ARRAY&gt;&lt;VALUE&gt;%s&lt;/VALUE&gt;&lt;/VALUE.ARRAY&gt;&lt;/PROPERTY.ARRAY&gt;' "${name%\*}" "${property#*=}"
        else
            printf '&lt;PROPERTY NAME="%s" TYPE="string"&gt;&lt;VALUE&gt;%s&lt;/VALUE&gt;&lt;/PROPERTY&gt;' "$name" "${property#*=}"
        fi
    done
    printf '&lt;/INSTANCE&gt;'
}
# embedded PARAMETER CLASS PROPERTY=VALUE...
embedded() { printf '<PARAMVALUE NAME="%s" PARAMTYPE="string" EmbeddedObject="instance"><VALUE>%s</VALUE></PARAMVALUE>' "$1" "$(instance "${@:2}")"; }
settings() { embedded MigrationSettingData Msvm_VirtualSystemMigrationSettingData "MigrationType=$1" "${@:2}"; } # settings TYPE PROPERTY=VALUE...
roots() { embedded NewSystemSettingData Msvm_VirtualSystemSettingData "ConfigurationDataRoot=$1"; }              # roots FOLDER
disk() { # disk NAME PATH: where one goes; "": left to the target
    printf '<PARAMVALUE NAME="NewResourceSettingData" PARAMTYPE="string"><VALUE.ARRAY><VALUE>%s</VALUE></VALUE.ARRAY></PARAMVALUE>' \
        "$(instance Msvm_StorageAllocationSettingData "Address=$1" "HostResource*=$2")"
}
bytes() { # bytes VALUE.ARRAY: as CompatibilityInfo
    printf '<PARAMVALUE NAME="CompatibilityInfo" PARAMTYPE="uint8">%s</PARAMVALUE>' "$1"
}
make_call() { # make_call OBJECT METHOD [PARAMETER...]: OBJECT is "service", or the InstanceID of a job
    local object=$1 method=$2 class=$SERVICE_CLASS keys
    shift 2
    keys=$(key SystemCreationClassName Msvm_ComputerSystem)$(key SystemName "$CLUSTER")$(key CreationClassName "$SERVICE_CLASS")$(key Name migrationwmi)
    [ "$object" = service ] || { class=Msvm_MigrationJob keys=$(key InstanceID "$object"); }
    printf '<CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE ID="1" PROTOCOLVERSION="1.0"><SIMPLEREQ><METHODCALL NAME="%s">' "$method"
    printf '<LOCALINSTANCEPATH><LOCALNAMESPACEPATH>%s</LOCALNAMESPACEPATH><INSTANCENAME CLASSNAME="%s">%s</INSTANCENAME></LOCALINSTANCEPATH>' "$V2" "$class" "$keys"
    printf '%s' "$@"
    printf '</METHODCALL></SIMPLEREQ></MESSAGE></CIM>'
}
call() { # call OBJECT METHOD [PARAMETER...]: sets returned, fault (the status of an error of CIM) and job
    make_call "$@" >"$WORK/call"
    URL=$HTTPS/cimom post "$asked_on" "$WORK/call" -i -u "$asked_by" >"$WORK/said"
    returned=$(sed -n 's/.*<RETURNVALUE PARAMTYPE="uint32"><VALUE>\([0-9]*\)<.*/\1/p' "$WORK/said")
    fault=$(sed -n 's/.*<ERROR CODE="\([0-9]*\)".*/\1/p' "$WORK/said")
    job=$(sed -n 's/.*>\(HVCluster:MigrationJob-[0-9]*\)<.*/\1/p' "$WORK/said")
}
returns() { # returns TEXT NUMBER: of the last call
    [ "$returned" = "$2" ] || cat "$WORK/said"
    is "$1" "$returned" "$2"
}
refuses() { # refuses TEXT NUMBER OBJECT METHOD [PARAMETER...]
    local text=$1 number=$2
    shift 2
    call "$@"
    returns "$text" "$number"
}
fails() { # fails TEXT STATUS WORDS OBJECT METHOD [PARAMETER...]: an error of CIM with the words, and no return value
    local text=$1 number=$2 words=$3
    shift 3
    call "$@"
    [ "$fault" = "$number" ] || cat "$WORK/said"
    is "$text" "$fault:$returned" "$number:"
    says "... the client is told why" "$words" cat "$WORK/said"
}

# ---- jobs, as n2 tells them ----
job_tells() { wbem n2 gi "$(cluster_class Msvm_MigrationJob).InstanceID=\"$job\"" | sed -n "s/^-$1=//p" | tr -d '"'; }
job_is() { [ "$(job_tells JobState)" = "$1" ]; }
has_ended() { [[ $(job_tells JobState) =~ ^(7|8|9|10)$ ]]; }
is_on() { wbem n3 ei "$(cluster_class Msvm_SummaryInformation)" | grep -q "HostComputerSystemName=\"$1\""; }
completes() { # completes TEXT: the last call made a job, which ends well
    returns "$1: a job is made" 4096
    if poll 120 has_ended && job_is 7; then ok "... it comes to 7"; else
        wbem n2 gi "$(cluster_class Msvm_MigrationJob).InstanceID=\"$job\""
        not_ok "... it comes to 7"
    fi
    is "... without an error" "$(job_tells ErrorCode)" 0
}
moved() { # moved TEXT NODE: likewise, and the guest is at the node
    completes "$1"
    within 20 "... the guest is on $2" is_on "$2"
}

# clients_begin GUEST: the cluster keeps its definition, its networks are there, n2 and n3 serve clients, of n3 one may
# operate; sets CLUSTER and SYSTEM
clients_begin() {
    local node
    CLUSTER=$(on n1 corosync-cmapctl -g totem.cluster_name | sed 's/.*= //')
    check "the cluster keeps the definition of $1" on n1 hvcluster guest add "$1"
    check "a network in IPv6 is there" on n1 hvcluster network add fd77:2::/64 --metric=20 --timeout=10
    check "... and one in IPv4" on n1 hvcluster network add 10.77.2.0/24 --metric=10 --timeout=10
    SYSTEM=$(uuid "$1" | tr a-f A-F)
    for node in n2 n3; do
        check "$node serves clients" eval "make_clients $node && start_auth $node && start_server $node && poll 20 serves $node"
    done
    check "an operator is there" eval 'operator n3 && operator n2'
    within 60 "the state has $1" state_has "$1"
    within 60 "the addresses where moves come in are told" listens
}
operator() { on "$1" sh -c 'groupadd -f hvc-viewers && useradd -G haclient changer && printf "changer:o\n" | chpasswd'; } # operator NODE
state_has() { wbem n3 ei "$(cluster_class Msvm_ComputerSystem)" | grep -q "ElementName=\"$1\""; }
listens() { wbem n3 ei "$(cluster_class "$SERVICE_CLASS")" | grep '^-MigrationServiceListenerIPAddressList=' | grep fd77:2::2 | grep -q 10.77.2.2; }
leave() { stop_server "$1" && stop_auth "$1" && on "$1" userdel changer; } # leave NODE: as it was before it served clients
clients_end() { # clients_end [NODE...]
    local node
    [ $# -gt 0 ] || set -- n2 n3
    for node; do
        check "$node is left as it was" leave "$node"
    done
    rm -rf "$WORK"
}
