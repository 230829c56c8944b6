// SPDX-License-Identifier: Apache-2.0
// Is every safetensors header refused that the format forbids or that two readers could read
// differently?
#include <gtest/gtest.h>

#include "tests/core/checkpoint/hostile_file.h"
#include "tests/core/checkpoint/raw_zip.h"

namespace greylag {
namespace {

using namespace std::string_literals;
using test::HostileFile;
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

TEST(SafetensorsReader, RefusesBrokenHeaders) {
  const std::string good = "{\"a\":{"s + kGood + "}}";
  const std::string deep = std::string(100'000, '[');
  test::expect_refused({
      {"length beyond the file", le(1000, 8) + good + std::string(8, '\0'), "length"},
      {"length of 2^64", le(UINT64_MAX, 8) + good, ""},
      {"length above 100 MB", le(100'000'001, 8) + good, "length"},
      {"not JSON", file_of("{abc"), "JSON"},
      {"cut JSON", file_of("{\"a\":{"), "JSON"},
      {"two values", file_of(good + good), "JSON"},
      {"trailing comma", file_of("{\"a\":{"s + kGood + "},}"), "JSON"},
      {"a comment", file_of("{/*x*/\"a\":{"s + kGood + "}}"), "JSON"},
      {"NUL behind", file_of(good + "\0"s), "JSON"},
      {"bad UTF-8", file_of("{\"\xC3\x28\":{"s + kGood + "}}"), "JSON"},
      {"lone surrogate", file_of("{\"\\ud800\":{"s + kGood + "}}"), "JSON"},
      {"deep lists", file_of("{\"a\":" + deep), "list"},
      {"deep objects", member(R"("dtype":{"x":{"y":1}})"), "object"},
      {"duplicate tensor", file_of("{\"a\":{"s + kGood + "},\"a\":{" + kGood + "}}"), "twice"},
      {"duplicate by escape", file_of("{\"a\":{"s + kGood + "},\"\\u0061\":{" + kGood + "}}"),
       "twice"},
      {"duplicate by prefix",
       file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
               R"("model.a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})"),
       "twice"},
      {"duplicate dtype", member(R"("dtype":"F32",)"s + kGood), "twice"},
      {"duplicate shape", member(kGood + R"(,"shape":[2])"s), "twice"},
      {"duplicate offsets", member(kGood + R"(,"data_offsets":[0,8])"s), "twice"},
      {"duplicate metadata", file_of(R"({"__metadata__":{},"__metadata__":{}})", 0), "twice"},
      {"duplicate metadata key", file_of(R"({"__metadata__":{"a":"1","a":"2"}})", 0), "twice"},
      {"metadata number", file_of(R"({"__metadata__":{"a":1}})", 0), "number"},
      {"metadata object", file_of(R"({"__metadata__":{"a":{}}})", 0), "object"},
      {"metadata null", file_of(R"({"__metadata__":null})", 0), "null"},
      {"unknown member", member(kGood + R"(,"strides":[1])"s), "not allowed"},
      {"empty name", file_of("{\"\":{"s + kGood + "}}"), "name"},
      {"control character in name", file_of("{\"a\\u0000b\":{"s + kGood + "}}"), "name"},
      {"long name", file_of("{\"" + std::string(1025, 'n') + "\":{" + kGood + "}}"), "name"},
      {"tensor is a list", file_of("{\"a\":[]}"), "list"},
      {"tensor is a number", file_of("{\"a\":1}"), "number"},
      {"tensor is true", file_of("{\"a\":true}"), "true"},
  });
}

TEST(SafetensorsReader, RefusesBrokenTensors) {
  const auto shaped = [](const std::string& shape, const std::string& end = "8") {
    return member(R"("dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,)" + end + "]");
  };
  const auto ranged = [](const std::string& offsets) {
    return member(R"("dtype":"F32","shape":[2],"data_offsets":)" + offsets);
  };
  test::expect_refused({
      {"no dtype", member(R"("shape":[2],"data_offsets":[0,8])"), "missing"},
      {"no shape", member(R"("dtype":"F32","data_offsets":[0,8])"), "missing"},
      {"no offsets", member(R"("dtype":"F32","shape":[2])"), "missing"},
      {"unknown dtype", member(R"("dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8])"), "dtype"},
      {"lower-case dtype", member(R"("dtype":"f32","shape":[2],"data_offsets":[0,8])"), "dtype"},
      {"dtype is a number", member(R"("dtype":1,"shape":[2],"data_offsets":[0,8])"), "number"},
      {"exponent", shaped("[2e0]"), "integer"},
      {"fraction", shaped("[2.0]"), "integer"},
      {"minus zero", shaped("[-0]", "0"), "negative"},
      {"negative size", shaped("[-2]"), "negative"},
      {"size of 2^64", shaped("[18446744073709551616]"), "integer"},
      {"size of 2^63", shaped("[9223372036854775808]"), "overflow"},
      {"overflowing product", shaped("[4294967296,4294967296]"), "overflow"},
      {"product wraps to 8", shaped("[4611686018427387906]"), "overflow"},
      {"nested shape", shaped("[[2]]"), "list"},
      {"text in shape", shaped("[\"2\"]"), "text"},
      {"nine dimensions", shaped("[1,1,1,1,1,1,1,1,2]"), "8 dimensions"},
      {"one offset", ranged("[0]"), "two numbers"},
      {"three offsets", ranged("[0,8,8]"), "two numbers"},
      {"reversed offsets", ranged("[8,0]"), "do not fit"},
      {"wrong extent", ranged("[0,7]"), "do not fit"},
      {"wrapping offsets", ranged("[18446744073709551612,4]"), "do not fit"},
      {"hole at the start", ranged("[8,16]"), "hole"},
      {"beyond the file", shaped("[20]", "80"), "end"},
      {"trailing bytes", member(kGood, 9), "end"},
      {"overlap",
       file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
               R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})"),
       "overlap"},
      {"hole",
       file_of(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
               R"("b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})"),
       "hole"},
  });
}

TEST(SafetensorsReader, RefusesEveryTruncation) {
  const std::string whole = member(kGood);
  std::vector<HostileFile> files;
  for (size_t length = 0; length < whole.size(); ++length) {
    files.push_back({"cut at " + std::to_string(length), whole.substr(0, length), ""});
  }
  ASSERT_GE(files.size(), 50u);
  test::expect_refused(files);
}

}  // namespace
}  // namespace greylag
