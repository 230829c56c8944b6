// SPDX-License-Identifier: Apache-2.0
// Are plain state dicts read, whatever torch wraps them in? What is refused: tests/hostile.
#include "core/checkpoint/pickle_vm.h"

#include <gtest/gtest.h>

#include "tests/core/checkpoint/file_of_bytes.h"
#include "tests/core/checkpoint/raw_zip.h"

namespace greylag {
namespace {

using test::pickle_of;
using test::pth_with;
using test::RawTensor;
using test::tensor;
using test::text;
using test::tuple;

std::string with_tensor(const RawTensor& raw) {
  return pth_with(pickle_of(text("w") + tensor(raw)));
}

TEST(PickleVm, AcceptsThePlainStateDict) {
  const Status status = test::open_bytes(with_tensor({}));
  EXPECT_TRUE(status.ok()) << status.error().message;
}

TEST(PickleVm, AcceptsWhatModulesAndParametersAdd) {
  const std::string parameter =
      "ctorch._utils\n_rebuild_parameter\n" + tuple(tensor() + "\x88" + RawTensor().hooks) + "R";
  const std::string size = "ctorch\nSize\n(" + tuple("K\x04") + "tR";
  const std::string metadata = "}" + text("_metadata") + RawTensor().hooks + "sb";
  for (const std::string& pickle :
       {pickle_of(text("w") + parameter), pickle_of(text("w") + tensor({.size = size})),
        "\x80\x02" + RawTensor().hooks + "(" + text("w") + tensor() + "u" + metadata + ".",
        "\x80\x02}" + text("w") + tensor() + "s.",
        pickle_of(text("epoch") + "K\x03" + text("state_dict") + "}(" + text("w") + tensor() + "u"),
        pickle_of(text("w") + tensor({.size = "K\x02K\x02\x86", .stride = "K\x01K\x02\x86"})),
        pickle_of(text("w") + tensor({.device = text("cuda:0")}))}) {
    const Status status = test::open_bytes(pth_with(pickle));
    EXPECT_TRUE(status.ok()) << status.error().message;
  }
}

TEST(PickleVm, NamesTheForbiddenOpcode) {
  EXPECT_EQ(test::open_bytes(pth_with("\x80\x02\x93.")).error().message,
            "data.pkl: opcode 0x93 (STACK_GLOBAL) is not allowed");
}

// Too large to be one of tests/hostile.
TEST(PickleVm, RefusesAPickleBeyond64MiB) {
  const std::vector<std::byte> pickle((64u << 20) + 1);
  const auto tensors = pickle::read_state_dict(pickle);
  ASSERT_FALSE(tensors.ok());
  EXPECT_EQ(tensors.error().message, "data.pkl: it is larger than 64 MiB");
}

}  // namespace
}  // namespace greylag
