// SPDX-License-Identifier: Apache-2.0
// What does every fuzz target ask of a parser? No crash, leak or undefined behaviour (the
// sanitizers see to that), and a refusal that is a BadFile with a short printable message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/checkpoint/reader.h"

// What a target defines; libFuzzer calls it with bytes of an allocation of exactly that size.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

namespace greylag::fuzz {

inline std::span<const std::byte> as_file(const uint8_t* bytes, size_t size) {
  return std::as_bytes(std::span(bytes, size));
}
inline std::string_view as_text(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// Aborts unless the error is what a hostile file may get.
void expect_refusal(const Error& error);

// The reader of a table that a parser made of `file`; null when it was refused. `file` must outlive
// it.
std::unique_ptr<CheckpointReader> open_table(Result<TensorTable> table,
                                             std::span<const std::byte> file);

// Reads every tensor up to 1 MiB whole, its last row, and as f32 where that is possible; verifies
// checksums.
void read_everything(CheckpointReader& reader);

// The small model that states and adapters are read for: 2 layers, 2 heads of 4, width 8. Templated
// so that targets without core/model do not need it.
template <typename Config>
Config small_config() {
  Config config;
  config.layers = 2;
  config.heads = 2;
  config.head_size = 4;
  config.width = 8;
  config.ffn_width = 32;
  config.vocab = 16;
  return config;
}

}  // namespace greylag::fuzz
