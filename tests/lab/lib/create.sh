# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Makes a lab's folder: configuration, certificates, the staged install tree, the nodes' empty disks.
# Reads NODES, TOKEN, BUILD.

write_lab_conf() {
    local i uid=989
    while getent passwd "$uid" >/dev/null || getent group "$uid" >/dev/null; do uid=$((uid - 1)); done
    {
        echo "NODES=$NODES TOKEN=$TOKEN BUILD='$BUILD' HVC_UID=$uid"
        for ((i = 1; i <= NODES; i++)); do echo "HVC_NODE_UUID[$i]=$(</proc/sys/kernel/random/uuid)"; done
    } >"$1/lab.conf"
}

write_hosts() {
    local i
    echo "127.0.0.1 localhost"
    for ((i = 1; i <= NODES; i++)); do
        echo "$(net_address ring "$i") n$i"
        echo "$(net_address migration "$i") n$i-mig"
        echo "$(net_address storage "$i") n$i-stor"
    done
    echo "$(net_address storage 254) storage"
}

# One statement a line, and a section's brace at its line's end: corosync's parser wants it so.
write_corosync_conf() {
    local i
    cat <<CONF
totem {
    version: 2
    cluster_name: $LAB
    transport: knet
    crypto_cipher: aes256
    crypto_hash: sha256
    token: $TOKEN
    seqno_unchanged_const: 1
}
quorum {
    provider: corosync_votequorum
CONF
    [ "$NODES" != 2 ] || echo "    two_node: 1"
    echo "}"
    echo "nodelist {"
    for ((i = 1; i <= NODES; i++)); do
        printf '    node {\n        ring0_addr: %s\n        name: n%d\n        nodeid: %d\n    }\n' \
            "$(net_address ring "$i")" "$i" "$i"
    done
    cat <<CONF
}
logging {
    to_logfile: yes
    logfile: /var/log/corosync/corosync.log
    to_syslog: no
    to_stderr: no
    timestamp: hires
}
system {
    move_to_root_cgroup: no
}
CONF
}

nvpair() { printf '<nvpair id="%s-%s" name="%s" value="%s"/>' "$1" "$2" "$2" "$3"; }

# The CIB that every node has at its first start. Without a fence device nothing would be started at all
# (stonith-enabled), and with the default dc-deadtime the first election would take 20 s.
write_cib() {
    local empty i
    empty=$(cibadmin --empty | sed -n '/^<cib/p' | tr -d '>')
    echo "$empty><configuration><crm_config><cluster_property_set id=\"cib-bootstrap-options\">"
    nvpair opt dc-deadtime 2s
    nvpair opt stonith-enabled true
    nvpair opt cluster-name "$LAB"
    echo "</cluster_property_set></crm_config><nodes>"
    for ((i = 1; i <= NODES; i++)); do echo "<node id=\"$i\" uname=\"n$i\"/>"; done
    echo '</nodes><resources><primitive id="fencing" class="stonith" type="fence_hvclab">'
    echo '<instance_attributes id="fencing-parameters">'
    nvpair fencing pcmk_host_check static-list
    nvpair fencing pcmk_host_list "$(all_nodes | xargs)"
    # Both halves of a split two-node cluster fence each other; the one that is fenced later wins: n1.
    [ "$NODES" != 2 ] || nvpair fencing pcmk_delay_base 'n1:3s;n2:0s'
    echo '</instance_attributes><operations>'
    echo '<op id="fencing-monitor" name="monitor" interval="120s" timeout="20s"/>'
    echo '</operations></primitive></resources><constraints/>'
    # As "pcs cluster setup" sets it: nothing moves because somebody else did.
    echo '<rsc_defaults><meta_attributes id="build-resource-defaults">'
    nvpair build resource-stickiness 1
    echo '</meta_attributes></rsc_defaults></configuration><status/></cib>'
}

# A CA, and for each node one certificate, as server and as client, for all its names and addresses.
write_pki() {
    local pki=$1/pki i
    mkdir -m 700 "$pki"
    cat >"$pki/ca.template" <<CA
cn = "hvcluster lab $LAB"
ca
cert_signing_key
expiration_days = 30
CA
    certtool --generate-privkey --sec-param medium --outfile "$pki/ca.key" &&
        certtool --generate-self-signed --load-privkey "$pki/ca.key" --template "$pki/ca.template" --outfile "$pki/ca.pem" || return 1
    for ((i = 1; i <= NODES; i++)); do
        cat >"$pki/n$i.template" <<NODE
organization = "hvcluster lab"
cn = "n$i"
dns_name = "n$i"
dns_name = "n$i-mig"
dns_name = "localhost"
ip_address = "$(net_address ring "$i")"
ip_address = "$(net_address migration "$i")"
ip_address = "127.0.0.1"
tls_www_server
tls_www_client
encryption_key
signing_key
expiration_days = 30
NODE
        certtool --generate-privkey --sec-param medium --outfile "$pki/n$i.key" &&
            certtool --generate-certificate --load-privkey "$pki/n$i.key" --load-ca-privkey "$pki/ca.key" \
                --load-ca-certificate "$pki/ca.pem" --template "$pki/n$i.template" --outfile "$pki/n$i.pem" || return 1
    done
    rm "$pki"/*.template
}

write_conf() {
    local conf=$LAB_DIR/lab/conf
    mkdir -p "$conf"
    write_hosts >"$conf/hosts"
    write_corosync_conf >"$conf/corosync.conf"
    head -c 128 /dev/urandom >"$conf/corosync.key"
    chmod 600 "$conf/corosync.key"
    write_cib >"$conf/cib.xml"
    write_pki "$conf" >"$LAB_DIR/pki.log" 2>&1 || { warn "certtool: $(tail -n 3 "$LAB_DIR/pki.log")" && return 1; }
    write_lab_conf "$conf" # last: it says that the rest is there
}

# The tree under test as it would be installed, and the lab's own two programs that the nodes need in /usr/sbin.
# A copy, made once: an agent's file that changes under running resources gets every node fenced.
stage_build() { # stage_build TARGET
    mkdir -p "$1/usr/sbin"
    if [ -e "$BUILD/cmake_install.cmake" ] &&
        ! DESTDIR=$1 cmake --install "$BUILD" --prefix /usr >"$1.log" 2>&1; then
        warn "cmake --install $BUILD: $(tail -n 3 "$1.log")"
        return 1
    fi
    rm -f "$1.log"
    install -m 755 "$BUILD/tests/lab/fence_hvclab" "$1/usr/sbin/fence_hvclab"
    install -m 755 "$LAB_HOME/machine/service" "$1/usr/sbin/service"
}

copy_programs() {
    mkdir -p "$LAB_DIR/lab/machine"
    cp "$BUILD"/tests/lab/{hvc-lab-node,hvc-lab-recorder,hvc-lab-guest,hvc-lab-unsynced.so,hvc-lab-unsynced-undo,fence_hvclab,guest.bin} "$LAB_DIR/lab/" &&
        cp "$LAB_HOME"/machine/* "$LAB_DIR/lab/machine/"
}

# /var/log is not part of the node's disk but a folder of the lab, so that the logs can be read while the node has no
# power; what the packages made there is needed (crmsh does not start without its folder).
make_log_folder() {
    local folder
    find /var/log -type d -printf '%P\n' | while IFS= read -r folder; do
        mkdir -p "$1/$folder"
        chown --reference="/var/log/$folder" "$1/$folder"
        chmod --reference="/var/log/$folder" "$1/$folder"
    done
    install -d "$1/crmsh"
}

make_nodes() {
    local node top
    for node in $(all_nodes); do
        for top in etc usr var root; do
            # The upper layer's top folder gives the merged one its owner and mode.
            mkdir -p "$LAB_DIR/nodes/$node/disk/$top/up" "$LAB_DIR/nodes/$node/disk/$top/work"
            chmod --reference="/$top" "$LAB_DIR/nodes/$node/disk/$top/up"
        done
        mkdir -p "$LAB_DIR/nodes/$node/root" "$LAB_DIR/nodes/$node/net"
        make_log_folder "$LAB_DIR/nodes/$node/log"
    done
}

check_build() {
    [ -x "$BUILD/tests/lab/hvc-lab-rack" ] ||
        fail "$BUILD holds no build of the lab's programs; run: cmake --preset dev && cmake --build --preset dev"
}

create_lab() {
    mkdir -p "$LAB_DIR"/{switch,shared,guests,nodes} && dirname "$(dirname "$LAB_HOME")" >"$LAB_DIR/tree" && copy_programs && stage_build "$LAB_DIR/stage" && make_nodes && write_conf
}
