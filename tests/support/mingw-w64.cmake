# SPDX-License-Identifier: Apache-2.0
# Toolchain of the `portable` preset: Debian's mingw-w64 plus the header-only libraries of this
# machine, staged so that no other system header is seen.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

set(staging ${CMAKE_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${staging})
foreach(library fmt nlohmann spdlog)
  if(NOT EXISTS ${staging}/${library})
    file(CREATE_LINK /usr/include/${library} ${staging}/${library} SYMBOLIC)
  endif()
endforeach()
include_directories(SYSTEM ${staging})
