// SPDX-License-Identifier: Apache-2.0
// Does PyTorch open our .pth, and do we open its? Skips where python3 has no torch.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

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

TEST(PthWriter, OpensInPyTorchWithWeightsOnly) {
  if (!run("/usr/bin/python3 -c 'import torch, numpy' 2>/dev/null")) {
    GTEST_SKIP() << "python3 with torch is not installed";
  }
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

}  // namespace
}  // namespace greylag
