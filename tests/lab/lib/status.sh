# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
is_healthy() { cluster_is_up; }

verb_status() {
    load_lab
    need_rack
    in_node n1 crm_mon -1
    is_healthy
}
