// SPDX-License-Identifier: Apache-2.0
// A GGUF of RWKV-7: the container alone, so that files of other models reach it too, then the
// model.
#include "core/base/log.h"
#include "core/checkpoint/formats.h"
#include "core/checkpoint/gguf_container.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace greylag;

void read_container(std::span<const std::byte> file) {
  const auto keys = read_gguf_keys(file);
  if (!keys) return fuzz::expect_refusal(keys.error());
  for (const auto& [key, value] : keys->values) {
    value.whole_number();
    value.real_number();
    value.text();
    value.shown();
    if (const auto texts = value.texts()) check(texts->size() == value.count, "texts are missing");
  }
  const auto tensors = read_gguf_tensors(file, *keys);
  if (!tensors) return fuzz::expect_refusal(tensors.error());
  check(tensors->data_offset <= file.size() || tensors->tensors.empty(), "data beyond the file");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const auto file = fuzz::as_file(bytes, size);
  read_container(file);
  if (const auto reader = fuzz::open_table(parse_gguf(file), file)) fuzz::read_everything(*reader);
  return 0;
}
