// SPDX-License-Identifier: Apache-2.0
// A file of rwkv.cpp.
#include "core/checkpoint/formats.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace greylag;
  const auto file = fuzz::as_file(bytes, size);
  const auto reader = fuzz::open_table(parse_rwkv_cpp(file), file);
  if (reader != nullptr) fuzz::read_everything(*reader);
  return 0;
}
