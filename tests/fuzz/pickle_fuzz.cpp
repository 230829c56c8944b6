// SPDX-License-Identifier: Apache-2.0
// The input is the data.pkl of an otherwise faultless .pth whose one storage holds four floats.
#include "core/checkpoint/formats.h"
#include "core/checkpoint/pickle_vm.h"
#include "tests/core/checkpoint/raw_zip.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace greylag;
  const auto tensors = pickle::read_state_dict(fuzz::as_file(bytes, size));
  if (!tensors) {
    fuzz::expect_refusal(tensors.error());
    return 0;
  }
  const std::string pth = test::pth_with(fuzz::as_text(bytes, size));
  const auto file = std::as_bytes(std::span(pth));
  if (const auto reader = fuzz::open_table(parse_pth(file), file)) fuzz::read_everything(*reader);
  return 0;
}
