# SPDX-License-Identifier: GPL-2.0-or-later
# hvc_add_test(NAME engine.limits SOURCES test_limits.c LINK hvc_base [LABELS unit] [WRAP malloc ...] [TIMEOUT 60])
#
# One cmocka program per source file under test. WRAP replaces libc symbols by __wrap_<name> of the test (the libc
# border only; everything else is mocked through an interface). Freed and fresh memory is poisoned in every run.
function(hvc_add_test)
    cmake_parse_arguments(T "" "NAME;TIMEOUT" "SOURCES;LINK;LABELS;WRAP;ENVIRONMENT" ${ARGN})
    if(NOT T_LABELS)
        set(T_LABELS unit)
    endif()
    if(NOT T_TIMEOUT)
        set(T_TIMEOUT 60)
    endif()
    string(REPLACE "." "_" target "test_${T_NAME}")
    add_executable(${target} ${T_SOURCES})
    target_link_libraries(${target} PRIVATE hvc::shell ${T_LINK} PkgConfig::CMOCKA)
    foreach(symbol IN LISTS T_WRAP)
        target_link_options(${target} PRIVATE -Wl,--wrap=${symbol})
    endforeach()
    add_test(NAME ${T_NAME} COMMAND ${target})
    set_tests_properties(${T_NAME} PROPERTIES
        LABELS "${T_LABELS}" TIMEOUT ${T_TIMEOUT} SKIP_RETURN_CODE 77
        ENVIRONMENT "MALLOC_PERTURB_=165;MALLOC_CHECK_=3;HVC_SOURCE_DIR=${CMAKE_SOURCE_DIR};HVC_BINARY_DIR=${CMAKE_BINARY_DIR};${T_ENVIRONMENT}")
endfunction()

# hvc_add_symbols_test(NAME symbols.service LIBRARY hvc_service ALLOW allowed allowed.base [REFUSED regex])
#
# The static library takes from outside itself only the symbols that the allow lists (tests/unit/symbols/) name.
# With REFUSED the test passes when the check prints that: the check is tested by what it must catch.
function(hvc_add_symbols_test)
    cmake_parse_arguments(T "" "NAME;LIBRARY;REFUSED" "ALLOW" ${ARGN})
    list(TRANSFORM T_ALLOW PREPEND ${CMAKE_SOURCE_DIR}/tests/unit/symbols/)
    add_test(NAME ${T_NAME}
        COMMAND ${CMAKE_SOURCE_DIR}/tests/unit/symbols/check $<TARGET_FILE:${T_LIBRARY}> ${T_ALLOW})
    set_tests_properties(${T_NAME} PROPERTIES LABELS unit TIMEOUT 60)
    if(T_REFUSED)
        set_tests_properties(${T_NAME} PROPERTIES PASS_REGULAR_EXPRESSION "${T_REFUSED}")
    endif()
endfunction()
