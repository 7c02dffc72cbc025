# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the groups of tests/run share. Source it from the project's root.

group_failed=0
ok() { echo "ok - $*"; }
not_ok() {
    echo "not ok - $*"
    group_failed=1
}

# check TEXT COMMAND...: one result; what the command printed is shown when it fails.
check() {
    local text=$1 log
    shift
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        ok "$text"
    else
        local status=$?
        cat "$log"
        not_ok "$text (exit $status: $*)"
    fi
    rm -f "$log"
}

group_end() { exit "$group_failed"; }

# build PRESET [TARGET]: configures and builds; the group ends when that fails. Groups that run at one time build in turn.
build() {
    local preset=$1 building
    shift
    mkdir -p build/tests
    exec {building}>"build/tests/build-$preset.lock" || exit 1
    flock "$building"
    if ! { cmake --preset "$preset" && cmake --build --preset "$preset" "${@/#/--target=}"; } >"build/tests/build-$preset.log" 2>&1; then
        tail -n 60 "build/tests/build-$preset.log"
        not_ok "the $preset preset builds without a warning"
        group_end
    fi
    exec {building}>&-
    ok "the $preset preset builds without a warning"
}

# run_ctest PRESET CTEST-ARGUMENTS...: a line for each test; a test that was skipped or not run is a failure.
run_ctest() {
    local preset=$1 log
    shift
    log=$(mktemp)
    ctest --preset "$preset" "$@" >"$log" 2>&1
    local status=$?
    cat "$log"
    awk -v preset="$preset" '
        /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
            name = $0; sub(/^.*Test +#[0-9]+: /, "", name); sub(/ .*$/, "", name)
            print (/   Passed /) ? "ok - " preset ": " name : "not ok - " preset ": " name
        }' "$log"
    rm -f "$log"
    [ "$status" = 0 ] || group_failed=1
}
