// SPDX-License-Identifier: Apache-2.0
// Whatever part of its output a writer finds in the file already, the result is the same file.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "core/checkpoint/writer.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

// A file in memory of which the beginning is there.
class KeptOutput final : public OutputFile {
 public:
  explicit KeptOutput(std::string kept) : bytes_(std::move(kept)), kept_bytes_(bytes_.size()) {}
  using OutputFile::write;
  Status write(std::span<const std::byte> bytes) override {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::string_view old = std::string_view(bytes_).substr(position_, text.size());
    EXPECT_EQ(old, text.substr(0, old.size())) << "at " << position_;
    bytes_.replace(position_, old.size(), text);
    position_ += text.size();
    return {};
  }
  uint64_t size_bytes() const override { return position_; }
  bool keeps(uint64_t size) const override { return position_ + size <= kept_bytes_; }
  Status skip(uint64_t size, const Observer& see) override {
    if (see) see(std::as_bytes(std::span(bytes_).subspan(position_, size)));
    position_ += size;
    return {};
  }
  Status commit() override { return {}; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  size_t kept_bytes_, position_ = 0;
};

using Write = Status (*)(OutputFile&, std::span<const TensorInfo>, const TensorSource&);

struct Format {
  const char* name;
  Write write;
};

class KeptOutputTest : public testing::TestWithParam<Format> {};

TEST_P(KeptOutputTest, AnyKeptPartGivesTheSameFile) {
  const auto tensors = test::make_tiny_tensors({.layers = 2, .vocab = 64, .rank = 8});
  std::vector<TensorInfo> infos;
  for (const auto& tensor : tensors) infos.push_back(tensor.info);
  int calls = 0;
  const TensorSource source = [&](const TensorInfo& info, std::span<std::byte> out) -> Status {
    ++calls;
    const auto tensor =
        std::ranges::find(tensors, info.name, [](const auto& t) { return t.info.name; });
    std::memcpy(out.data(), tensor->values.data(), out.size());
    return {};
  };
  KeptOutput whole("");
  ASSERT_TRUE(GetParam().write(whole, infos, source));
  int least_calls = calls;
  for (size_t kept = 0; kept <= whole.bytes().size(); kept += 1511) {
    KeptOutput file(whole.bytes().substr(0, kept));
    calls = 0;
    ASSERT_TRUE(GetParam().write(file, infos, source));
    ASSERT_TRUE(file.bytes() == whole.bytes()) << kept;
    EXPECT_LE(calls, least_calls) << kept;  // the more is kept, the less is asked for
    least_calls = calls;
  }
  EXPECT_LT(least_calls, 5);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, KeptOutputTest,
    testing::Values(
        Format{"pth", [](OutputFile& file, std::span<const TensorInfo> tensors,
                         const TensorSource& source) { return write_pth(file, tensors, source); }},
        Format{
            "safetensors",
            [](OutputFile& file, std::span<const TensorInfo> tensors, const TensorSource& source) {
              return write_safetensors(file, tensors, {{"a", "b"}}, source);
            }},
        Format{
            "gguf",
            [](OutputFile& file, std::span<const TensorInfo> tensors, const TensorSource& source) {
              return write_gguf(file, "name", tensors, {}, source);
            }}),
    [](const auto& format) { return std::string(format.param.name); });

}  // namespace
}  // namespace greylag
