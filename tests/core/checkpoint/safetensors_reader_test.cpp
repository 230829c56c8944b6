// SPDX-License-Identifier: Apache-2.0
// Is every safetensors file read that the format allows? What is refused: tests/hostile.
#include <gtest/gtest.h>

#include "tests/core/checkpoint/file_of_bytes.h"
#include "tests/core/checkpoint/raw_zip.h"

namespace greylag {
namespace {

using namespace std::string_literals;
using test::le;

std::string file_of(const std::string& header, size_t data_bytes = 8) {
  return le(header.size(), 8) + header + std::string(data_bytes, '\0');
}

// One tensor "a" whose members are given.
std::string member(const std::string& members, size_t data_bytes = 8) {
  return file_of("{\"a\":{" + members + "}}", data_bytes);
}

const char* const kGood = R"("dtype":"F32","shape":[2],"data_offsets":[0,8])";

TEST(SafetensorsReader, AcceptsTheFormat) {
  for (const std::string& bytes :
       {member(kGood), file_of("{}", 0), file_of("{\"__metadata__\":{\"k\":\"v\"}}", 0),
        file_of("{\"a\":{"s + kGood + "}}   "),
        file_of(R"({"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]},)"
                R"("a":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]}})"),
        member(R"("dtype":"I64","shape":[],"data_offsets":[0,8])")}) {
    const Status status = test::open_bytes(bytes);
    EXPECT_TRUE(status.ok()) << status.error().message;
  }
}

}  // namespace
}  // namespace greylag
