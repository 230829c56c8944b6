// SPDX-License-Identifier: Apache-2.0
// The answer of a loader process that is in the hands of whoever made the file: any table at all,
// read from a file of 4 KiB.
#include "core/base/log.h"
#include "core/checkpoint/table_codec.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace greylag;
  // On the heap, so that a step beyond either end is seen.
  static const std::vector<std::byte> file(4096, std::byte{0x3C});
  Result<TensorTable> table = decode_table(fuzz::as_file(bytes, size));
  if (!table) {
    check(!table.error().message.empty(), "an error without a message");
    return 0;
  }
  const std::string encoded = encode_table(table);
  check(encode_table(decode_table(std::as_bytes(std::span(encoded)))) == encoded,
        "a table does not come back as it was sent");
  if (const auto reader = fuzz::open_table(std::move(table), file)) fuzz::read_everything(*reader);
  return 0;
}
