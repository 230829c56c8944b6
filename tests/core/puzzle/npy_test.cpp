// SPDX-License-Identifier: Apache-2.0
// What NumPy writes is read; what breaks the format is refused.
#include "core/puzzle/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using testing::HasSubstr;

std::string npy(const std::string& dict, const std::string& numbers) {
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(dict.size() & 0xff);
  file += static_cast<char>(dict.size() >> 8);
  return file + dict + numbers;
}

std::string dict(const std::string& descr, const std::string& shape,
                 const std::string& order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

Result<NpyArray> parse(const std::string& file) {
  return parse_npy(std::as_bytes(std::span(file.data(), file.size())));
}

std::string refusal(const std::string& file) {
  const auto array = parse(file);
  if (array) return "accepted";
  EXPECT_EQ(array.error().code, ErrorCode::BadFile);
  return array.error().message;
}

TEST(Npy, ReadsEveryWholeType) {
  const std::string ff(16, '\xff');
  for (const auto& [descr, bytes, value] : {std::tuple{"|u1", 1, int64_t{0xff}},
                                            {"|i1", 1, -1},
                                            {"<u2", 2, 0xffff},
                                            {"<i2", 2, -1},
                                            {"<u4", 4, 0xffffffff},
                                            {"<i4", 4, -1},
                                            {"<i8", 8, -1},
                                            {"<i1", 1, -1}}) {
    const std::string file = npy(dict(descr, "(2,)"), ff.substr(0, static_cast<size_t>(2 * bytes)));
    const auto array = parse(file);
    ASSERT_TRUE(array) << descr << array.error().message;
    EXPECT_EQ(array->size(), 2);
    EXPECT_EQ(array->at(1), value) << descr;
  }
  const std::string file =
      npy(dict("<i4", "(1, 2)"), std::string("\x01\x00\x00\x00\x02\x01\x00\x00", 8));
  EXPECT_EQ(parse(file)->at(0), 1);
  EXPECT_EQ(parse(file)->at(1), 0x102);
}

// NumPy pads its header with spaces, so that the numbers start at a multiple of 64.
TEST(Npy, ReadsAHeaderLaidOutAsByNumPy) {
  const std::string header = "{'descr': '<i2', 'fortran_order': False, 'shape': (1, 3), }";
  const std::string file = npy(header + std::string(117 - header.size(), ' ') + "\n",
                               std::string("\x01\x00\xfe\xff\x03\x00", 6));
  const auto array = parse(file);
  ASSERT_TRUE(array) << array.error().message;
  EXPECT_EQ(array->shape, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(array->at(1), -2);
}

TEST(Npy, ReadsBackWhatItWrites) {
  const test::TempDir folder;
  const std::vector<int32_t> values{1, -2, 3, 4, 5, 6};
  ASSERT_TRUE(write_npy(folder / "a.npy", {2, 3}, std::span(values)));
  const auto text = read_text_file(folder / "a.npy", 1000);
  ASSERT_TRUE(text);
  EXPECT_EQ(text->size(), 128u + 24u);  // the header fills whole lines of 64 bytes
  const auto array = parse(*text);
  ASSERT_TRUE(array) << array.error().message;
  EXPECT_EQ(array->shape, (std::vector<int64_t>{2, 3}));
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(array->at(static_cast<int64_t>(i)), values[i]);
  }
  const std::vector<int64_t> one{int64_t{1} << 40};
  ASSERT_TRUE(write_npy(folder / "b.npy", {1}, std::span(one)));
  const auto again = read_text_file(folder / "b.npy", 1000);
  EXPECT_EQ(parse(*again)->at(0), one[0]);
}

TEST(Npy, RefusesEveryCutFile) {
  const std::string file = npy(dict("<i4", "(2,)"), std::string(8, '\1'));
  ASSERT_TRUE(parse(file));
  for (size_t size = 0; size < file.size(); ++size) {
    ASSERT_NE(refusal(file.substr(0, size)), "accepted") << size;
  }
  EXPECT_THAT(refusal(file + "x"), HasSubstr("does not fit its 9 bytes"));
}

TEST(Npy, RefusesShapesThatOverflow) {
  EXPECT_THAT(refusal(npy(dict("<i8", "(4294967296, 4294967296)"), "")), HasSubstr("does not fit"));
  EXPECT_THAT(refusal(npy(dict("<i8", "(2305843009213693952,)"), "")), HasSubstr("does not fit"));
  EXPECT_THAT(refusal(npy(dict("<i8", "(99999999999999999999,)"), "")), HasSubstr("header"));
  EXPECT_THAT(refusal(npy(dict("<i8", "(-1,)"), "")), HasSubstr("header"));
  EXPECT_THAT(refusal(npy(dict("|u1", "(1,1,1,1,1,1,1,1,1)"), "x")), HasSubstr("header"));
}

TEST(Npy, RefusesOtherOrdersAndTypes) {
  EXPECT_THAT(refusal(npy(dict("|u1", "(1,)", "True"), "x")), HasSubstr("Fortran"));
  for (const char* descr : {"<f4", ">i4", "|i4", "|O", "<i3", "", "<U1", "|b1"}) {
    EXPECT_THAT(refusal(npy(dict(descr, "(1,)"), "xxxx")), HasSubstr("whole number")) << descr;
  }
}

TEST(Npy, RefusesOtherHeaders) {
  std::string second = npy(dict("|u1", "(1,)"), "x");
  second[6] = 2;
  EXPECT_THAT(refusal(second), HasSubstr("version 1.0"));
  for (const char* text :
       {"", "{", "{}", "{'descr': '|u1'}", "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '|u1', 'fortran_order': Maybe, 'shape': (1,)}",
        "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'x': 'y'}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': 1}"}) {
    EXPECT_THAT(refusal(npy(text, "x")), HasSubstr("header")) << text;
  }
}

}  // namespace
}  // namespace greylag
