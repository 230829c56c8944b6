# SPDX-License-Identifier: Apache-2.0
# cmake -DBIN=<folder of the executables> -P check_links.cmake: the engine needs neither LibTorch nor
# Qt, the app needs no LibTorch, CUDA or Vulkan, the trainer no Qt 6.
cmake_minimum_required(VERSION 3.25)

function(forbid program pattern)
  if(NOT EXISTS ${BIN}/${program})
    message(STATUS "${program} is not part of this build")
    return()
  endif()
  execute_process(COMMAND readelf -d ${BIN}/${program} OUTPUT_VARIABLE dynamic RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "cannot read the libraries of ${program}")
  endif()
  string(REGEX MATCHALL "NEEDED[^\n]*\\[[^]]*\\]" needed "${dynamic}")
  foreach(library IN LISTS needed)
    if(library MATCHES "${pattern}")
      message(FATAL_ERROR "${program} must not link ${library}")
    endif()
  endforeach()
  list(LENGTH needed count)
  message(STATUS "${program}: ${count} libraries, none forbidden")
endfunction()

forbid(greylag-engine "torch|libc10|libQt|qcustomplot|libcuda|libvulkan")
forbid(greylag-train "libQt6|qcustomplot")
forbid(greylag "torch|libc10|libcuda|libvulkan")
