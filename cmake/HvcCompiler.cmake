# SPDX-License-Identifier: GPL-2.0-or-later
# One interface target, hvc::strict, carries every compile and link option of the project.
include(CheckCCompilerFlag)

add_library(hvc_strict INTERFACE)
add_library(hvc::strict ALIAS hvc_strict)

set(HVC_WARNINGS
    # both compilers
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wformat=2
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wpointer-arith
    -Wcast-qual -Wwrite-strings -Wvla -Walloca -Wundef -Wdate-time -Wswitch-enum
    -Wimplicit-fallthrough -Wnull-dereference -Wdouble-promotion -Wredundant-decls
    -Wnested-externs -fno-common
    # gcc
    -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wformat-signedness
    -Wcast-align=strict -Wtrampolines -Warray-bounds=2 -Wstringop-overflow=4
    -Wuse-after-free=3 -Wbidi-chars=any -Wshift-overflow=2 -Wimplicit-fallthrough=5
    # clang
    -Wcomma -Wassign-enum -Wconditional-uninitialized -Wshorten-64-to-32
    -Wmissing-variable-declarations -Wthread-safety)

foreach(flag IN LISTS HVC_WARNINGS)
    string(MAKE_C_IDENTIFIER "HVC_HAS${flag}" known)
    # -Werror makes clang refuse what it would otherwise only warn about as unknown
    set(CMAKE_REQUIRED_FLAGS -Werror)
    check_c_compiler_flag(${flag} ${known})
    unset(CMAKE_REQUIRED_FLAGS)
    if(${known} AND flag STREQUAL "-Wnull-dereference")
        # gcc 12 at -O2 inlines its way to null pointers that cannot be; at the -O1 of asan it is right
        target_compile_options(hvc_strict INTERFACE $<$<NOT:$<CONFIG:RelWithDebInfo>>:${flag}>)
    elseif(${known})
        target_compile_options(hvc_strict INTERFACE ${flag})
    endif()
endforeach()
if(HVC_WERROR)
    target_compile_options(hvc_strict INTERFACE -Werror)
endif()

# Functions that no file of ours may call (banned.h); included before the first line of every file.
target_compile_options(hvc_strict INTERFACE -include ${CMAKE_SOURCE_DIR}/engine/base/include/hvc/banned.h)

if(HVC_SANITIZE OR HVC_FUZZ)
    set(HVC_SANITIZERS -fsanitize=address,undefined -fno-sanitize-recover=all
        -fno-omit-frame-pointer -fno-optimize-sibling-calls)
    target_compile_options(hvc_strict INTERFACE ${HVC_SANITIZERS})
    target_link_options(hvc_strict INTERFACE -fsanitize=address,undefined)
endif()
if(HVC_FUZZ)
    target_compile_options(hvc_strict INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(HVC_HARDEN)
    set(CMAKE_POSITION_INDEPENDENT_CODE ON)
    target_compile_options(hvc_strict INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
        -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fPIE)
    check_c_compiler_flag(-ftrivial-auto-var-init=zero HVC_HAS_AUTO_VAR_INIT)
    if(HVC_HAS_AUTO_VAR_INIT)
        target_compile_options(hvc_strict INTERFACE -ftrivial-auto-var-init=zero)
    endif()
    target_link_options(hvc_strict INTERFACE -pie -Wl,-z,relro,-z,now)
endif()

# The shells (everything that does I/O) use POSIX and GNU interfaces; the pure cores do not.
add_library(hvc_shell INTERFACE)
add_library(hvc::shell ALIAS hvc_shell)
target_link_libraries(hvc_shell INTERFACE hvc_strict)
target_compile_definitions(hvc_shell INTERFACE _GNU_SOURCE)
