// SPDX-License-Identifier: Apache-2.0
#include "core/base/sha256.h"

#include <gtest/gtest.h>

namespace greylag {
namespace {

std::string hash(std::string_view text) {
  Sha256 sha;
  sha.update(std::as_bytes(std::span(text.data(), text.size())));
  return sha.hex();
}

// FIPS 180-4 examples.
TEST(Sha256, GivesTheStandardsValues) {
  EXPECT_EQ(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, ReportsAMissingFile) {
  EXPECT_EQ(sha256_file("no-such-file").error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace greylag
