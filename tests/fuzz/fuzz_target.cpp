// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzz_target.h"

#include "core/base/log.h"

namespace greylag::fuzz {

void expect_refusal(const Error& error) {
  check(error.code == ErrorCode::BadFile, "a hostile file was refused with another code");
  check(!error.message.empty() && error.message.size() < 1000, "the message is empty or too long");
  for (const char c : error.message) {
    check((c >= 0x20 || c < 0) && c != 0x7F, "the message holds a control character");
  }
}

std::unique_ptr<CheckpointReader> open_table(Result<TensorTable> table,
                                             std::span<const std::byte> file) {
  if (!table) {
    expect_refusal(table.error());
    return nullptr;
  }
  auto reader = CheckpointReader::create(InputFile::in_memory(file), std::move(*table));
  if (reader) return std::move(*reader);
  expect_refusal(reader.error());
  return nullptr;
}

void read_everything(CheckpointReader& reader) {
  constexpr uint64_t kMostBytes = 1u << 20;
  std::vector<std::byte> bytes;
  uint64_t total = 0;
  for (const TensorInfo& info : reader.tensors()) {
    total += info.size_bytes;
    if (total > kMostBytes) break;
    bytes.resize(static_cast<size_t>(info.size_bytes));
    if (const Status status = reader.read(info, bytes); !status) {
      expect_refusal(status.error());
      continue;
    }
    const int64_t columns = info.shape.rank() == 0 ? 1 : info.shape[-1];
    const int64_t rows = columns == 0 ? 0 : info.shape.elements() / columns;
    if (rows > 0) {
      const std::span row(bytes.data(), bytes.size() / static_cast<size_t>(rows));
      check(reader.read_rows(info, rows - 1, 1, row).ok(), "the last row cannot be read alone");
    }
    if (const auto values = reader.read_f32(info.name); !values) expect_refusal(values.error());
  }
  if (const Status status = reader.verify(); !status) expect_refusal(status.error());
}

}  // namespace greylag::fuzz
