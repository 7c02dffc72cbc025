# SPDX-License-Identifier: GPL-2.0-or-later
# Every library the project links, by its pkg-config name; tests/packages names the Debian packages.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(LIBVIRT REQUIRED IMPORTED_TARGET libvirt>=9.0)
pkg_check_modules(LIBVIRT_QEMU REQUIRED IMPORTED_TARGET libvirt-qemu>=9.0)
pkg_check_modules(LIBXML2 REQUIRED IMPORTED_TARGET libxml-2.0)
pkg_check_modules(LIBQB REQUIRED IMPORTED_TARGET libqb>=2.0)
pkg_check_modules(GLIB REQUIRED IMPORTED_TARGET glib-2.0)
pkg_check_modules(JSONC REQUIRED IMPORTED_TARGET json-c)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(COROSYNC REQUIRED IMPORTED_TARGET libcpg libquorum libvotequorum libcmap libcfg libcorosync_common)
pkg_check_modules(PACEMAKER REQUIRED IMPORTED_TARGET pacemaker-cib pacemaker-fencing)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
pkg_check_modules(GNUTLS REQUIRED IMPORTED_TARGET gnutls)
pkg_check_modules(PAM REQUIRED IMPORTED_TARGET pam)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

# pkg-config headers are not ours to warn about
foreach(dep LIBVIRT LIBVIRT_QEMU LIBXML2 LIBQB GLIB JSONC SQLITE ZLIB COROSYNC PACEMAKER MICROHTTPD GNUTLS PAM
    CMOCKA)
    get_target_property(dirs PkgConfig::${dep} INTERFACE_INCLUDE_DIRECTORIES)
    if(dirs)
        set_target_properties(PkgConfig::${dep} PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${dirs}")
    endif()
endforeach()
