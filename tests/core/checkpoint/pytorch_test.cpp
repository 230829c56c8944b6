// SPDX-License-Identifier: Apache-2.0
// Does PyTorch open our .pth, and do we open its? Skips where python3 has no torch.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/checkpoint/reader.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using gpu::DType;

bool run(const std::string& command) { return std::system(command.c_str()) == 0; }

std::vector<std::byte> rounded(const test::TinyTensor& tensor) {
  std::vector<std::byte> bytes(tensor.info.size_bytes);
  gpu::convert(tensor.values.data(), DType::F32, bytes.data(), tensor.info.dtype,
               static_cast<int64_t>(tensor.values.size()));
  return bytes;
}

bool has_pytorch() { return run("/usr/bin/python3 -c 'import torch, numpy' 2>/dev/null"); }

TEST(PthWriter, OpensInPyTorchWithWeightsOnly) {
  if (!has_pytorch()) GTEST_SKIP() << "python3 with torch is not installed";
  const test::TempDir dir;
  const auto tensors = test::make_tiny_tensors({.layers = 1, .dtype = DType::BF16});
  ASSERT_TRUE(test::write_tensors(dir / "a.pth", tensors).ok());
  {
    std::ofstream out(dir / "all.bin", std::ios::binary);
    for (const auto& tensor : tensors) {
      const auto bytes = rounded(tensor);
      out.write(reinterpret_cast<const char*>(bytes.data()),
                static_cast<std::streamsize>(bytes.size()));
    }
    std::ofstream script(dir / "check.py");
    script << "import torch\n"
              "d = torch.load('a.pth', weights_only=True)\n"
              "b = b''.join(bytes(t.view(torch.int16).numpy().tobytes()) for t in d.values())\n"
              "assert b == open('all.bin', 'rb').read()\n"
              "assert tuple(d['blocks.0.att.x_r'].shape) == (1, 1, 64)\n"
              "torch.save(d, 'b.pth')\n";
  }
  ASSERT_TRUE(run("cd " + dir.path().string() + " && /usr/bin/python3 check.py"));
  const auto again = open_checkpoint(dir / "b.pth");
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ((*again)->tensors().size(), tensors.size());
  EXPECT_TRUE((*again)->verify().ok());
}

// Every dtype, strided views, shared storages, parameters, nesting, prefixes, _metadata.
TEST(PthReader, ReadsRandomStateDictsOfPyTorchBitForBit) {
  if (!has_pytorch()) GTEST_SKIP() << "python3 with torch is not installed";
  constexpr int kDicts = 200;
  const test::TempDir dir;
  const char* source = std::getenv("GREYLAG_SOURCE");
  if (source == nullptr) GTEST_SKIP() << "GREYLAG_SOURCE does not say where the script is";
  const auto script = std::filesystem::path(source) / "tests/core/checkpoint/random_state_dicts.py";
  ASSERT_TRUE(
      run(fmt::format("/usr/bin/python3 {} {} {}", script.string(), kDicts, dir.path().string())));
  size_t tensors = 0;
  for (int i = 0; i < kDicts; ++i) {
    SCOPED_TRACE(i);
    const auto reader = open_checkpoint(dir / fmt::format("{}.pth", i));
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    std::ifstream listing(dir / fmt::format("{}.json", i));
    const auto expected = nlohmann::json::parse(listing);
    std::ifstream data(dir / fmt::format("{}.bin", i), std::ios::binary);
    ASSERT_EQ((*reader)->tensors().size(), expected.size());
    for (size_t t = 0; t < expected.size(); ++t) {
      const TensorInfo& info = (*reader)->tensors()[t];
      EXPECT_EQ(info.name, expected[t][0].get<std::string>());
      EXPECT_EQ(gpu::dtype_name(info.dtype), expected[t][1].get<std::string>());
      const auto sizes = expected[t][2].get<std::vector<int64_t>>();
      EXPECT_EQ(info.shape, gpu::Shape(std::span<const int64_t>(sizes)));
      std::vector<std::byte> got(info.size_bytes), wanted(info.size_bytes);
      const Status read = (*reader)->read(info, got);
      ASSERT_TRUE(read.ok()) << read.error().message;
      data.read(reinterpret_cast<char*>(wanted.data()),
                static_cast<std::streamsize>(wanted.size()));
      EXPECT_TRUE(got == wanted) << info.name;
      ++tensors;
    }
    EXPECT_TRUE((*reader)->verify().ok());
  }
  std::printf("%d state dicts of PyTorch, %zu tensors: bit-equal\n", kDicts, tensors);
}

}  // namespace
}  // namespace greylag
