// SPDX-License-Identifier: Apache-2.0
// Safetensors headers that the format forbids, or that two readers could read differently, and
// tensors that are not where the header says.
#include <fmt/format.h>

#include <set>

#include "tests/core/checkpoint/raw_zip.h"
#include "tests/hostile/hostile_files.h"

namespace greylag::test {
namespace {

using namespace std::string_literals;

std::string file_of(const std::string& header, size_t data_bytes = 8) {
  return le(header.size(), 8) + header + std::string(data_bytes, '\0');
}

// One tensor "a" whose members are given.
std::string member(const std::string& members, size_t data_bytes = 8) {
  return file_of("{\"a\":{" + members + "}}", data_bytes);
}

const std::string kGood = R"("dtype":"F32","shape":[2],"data_offsets":[0,8])";

std::string named(const std::string& name) { return file_of("{\"" + name + "\":{" + kGood + "}}"); }

std::string metadata(const std::string& value) {
  return file_of("{\"__metadata__\":" + value + "}", 0);
}

std::string shaped(const std::string& shape, const std::string& end = "8") {
  return member(R"("dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,)" + end + "]");
}

std::string ranged(const std::string& offsets, size_t data_bytes = 8) {
  return member(R"("dtype":"F32","shape":[2],"data_offsets":)" + offsets, data_bytes);
}

// Two tensors of U8 with these sizes and offsets, 8 bytes of data.
std::string two(const std::string& a_size, const std::string& a_range, const std::string& b_size,
                const std::string& b_range) {
  return file_of(fmt::format(R"({{"a":{{"dtype":"U8","shape":[{}],"data_offsets":[{}]}},)"
                             R"("b":{{"dtype":"U8","shape":[{}],"data_offsets":[{}]}}}})",
                             a_size, a_range, b_size, b_range));
}

std::vector<HostileFile> framing() {
  const std::string good = "{\"a\":{" + kGood + "}}";
  const std::string data(8, '\0');
  return {
      {"length one beyond the file", le(good.size() + 9, 8) + good + data, "length"},
      {"length of a thousand", le(1000, 8) + good + data, "length"},
      {"length of 2^40 - 1", le((uint64_t{1} << 40) - 1, 8) + good, "length"},
      {"length of 2^64 - 1", le(UINT64_MAX, 8) + good, "not a model"},
      {"length of 2^63", le(uint64_t{1} << 63, 8) + good, "not a model file"},
      {"length above 100 MB", le(100'000'001, 8) + good, "length"},
      {"length zero", le(0, 8) + good + data, "does not start with {"},
      {"length one", le(1, 8) + good + data, "JSON"},
      {"length one too short", le(good.size() - 1, 8) + good + data, "JSON"},
      {"length into the data", le(good.size() + 1, 8) + good + data, "JSON"},
      {"only the length", le(2, 8), "not a model file"},
      {"a blank before {", file_of(" " + good), "not a model file"},
      {"a byte-order mark before {", file_of("\xEF\xBB\xBF" + good), "not a model file"},
      {"a list", file_of("[" + good + "]"), "not a model file"},
      {"text", file_of("\"a\""), "not a model file"},
      {"not JSON", file_of("{abc"), "JSON"},
      {"cut JSON", file_of("{\"a\":{"), "JSON"},
      {"two values", file_of(good + good), "JSON"},
      {"text behind", file_of(good + "x"), "JSON"},
      {"a trailing comma", file_of("{\"a\":{" + kGood + "},}"), "JSON"},
      {"a comma first", file_of("{,\"a\":{" + kGood + "}}"), "JSON"},
      {"a comment", file_of("{/*x*/\"a\":{" + kGood + "}}"), "JSON"},
      {"a line comment", file_of("{//x\n\"a\":{" + kGood + "}}"), "JSON"},
      {"single quotes", file_of("{'a':{" + kGood + "}}"), "JSON"},
      {"a NUL behind", file_of(good + "\0"s), "JSON"},
      {"a NUL between", file_of("{\0"s + good.substr(1)), "JSON"},
      {"a NUL in a name", file_of("{\"a\0b\":{"s + kGood + "}}"), "JSON"},
      {"bad UTF-8", file_of("{\"\xC3\x28\":{" + kGood + "}}"), "JSON"},
      {"overlong UTF-8", file_of("{\"\xC0\xAF\":{" + kGood + "}}"), "JSON"},
      {"half a character", file_of("{\"\xED\xA0\x80\":{" + kGood + "}}"), "JSON"},
      {"beyond Unicode", file_of("{\"\xF4\x90\x80\x80\":{" + kGood + "}}"), "JSON"},
      {"a lone surrogate", named("\\ud800"), "JSON"},
      {"a surrogate and no other", named("\\ud800\\u0061"), "JSON"},
      {"an unknown escape", named("\\x61"), "JSON"},
      {"a cut escape", named("\\u00"), "JSON"},
      {"NaN", member(R"("dtype":NaN)"), "JSON"},
      {"a plus sign", shaped("[+2]"), "JSON"},
      {"leading zeros", shaped("[02]"), "JSON"},
      {"hexadecimal", shaped("[0x2]"), "JSON"},
      {"a number that ends in a dot", shaped("[2.]"), "JSON"},
  };
}

std::vector<HostileFile> nesting_and_keys() {
  return {
      {"deep lists", file_of("{\"a\":" + std::string(100'000, '[')), "list"},
      {"deep lists in shape", shaped(std::string(100'000, '[')), "list"},
      {"deep objects", member(R"("dtype":{"x":{"y":1}})"), "object"},
      {"a thousand objects", file_of([] {
         std::string deep;
         for (int i = 0; i < 1000; ++i) deep += "{\"a\":";
         return deep;
       }()),
       "key a is not allowed"},
      {"a tensor in a tensor", member("\"a\":{" + kGood + "}"), "not allowed"},
      {"a duplicate tensor", file_of("{\"a\":{" + kGood + "},\"a\":{" + kGood + "}}"), "twice"},
      {"a duplicate by escape", file_of("{\"a\":{" + kGood + "},\"\\u0061\":{" + kGood + "}}"),
       "twice"},
      {"a duplicate by prefix",
       file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
               R"("model.a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})"),
       "twice"},
      {"a duplicate dtype", member(R"("dtype":"F32",)" + kGood), "twice"},
      {"another second dtype", member(kGood + R"(,"dtype":"I32")"), "twice"},
      {"a duplicate shape", member(kGood + R"(,"shape":[2])"), "twice"},
      {"a duplicate shape by escape", member(kGood + R"(,"sh\u0061pe":[2])"), "twice"},
      {"duplicate offsets", member(kGood + R"(,"data_offsets":[0,8])"), "twice"},
      {"duplicate metadata", file_of(R"({"__metadata__":{},"__metadata__":{}})", 0), "twice"},
      {"a duplicate metadata key", metadata(R"({"a":"1","a":"2"})"), "twice"},
      {"a duplicate metadata key by escape", metadata(R"({"a":"1","\u0061":"2"})"), "twice"},
      {"metadata number", metadata(R"({"a":1})"), "number"},
      {"metadata float", metadata(R"({"a":1.5})"), "integer"},
      {"metadata true", metadata(R"({"a":true})"), "true"},
      {"metadata null inside", metadata(R"({"a":null})"), "null"},
      {"metadata list inside", metadata(R"({"a":["b"]})"), "list"},
      {"metadata object", metadata(R"({"a":{}})"), "object"},
      {"metadata that is null", metadata("null"), "null"},
      {"metadata that is text", metadata("\"a\""), "text"},
      {"metadata that is a list", metadata("[]"), "list"},
      {"65537 metadata keys", metadata([] {
         std::string keys = "{\"k\":\"\"";
         for (int i = 0; i < 65'536; ++i) keys += fmt::format(",\"{}\":\"\"", i);
         return keys + "}";
       }()),
       "65536"},
      {"an unknown member", member(kGood + R"(,"strides":[1])"), "not allowed"},
      {"an empty member", member(kGood + R"(,"":1)"), "not allowed"},
      {"a member in other case", member(kGood + R"(,"Dtype":"F32")"), "not allowed"},
      {"an empty name", named(""), "name"},
      {"only a prefix", named("model."), "prefix"},
      {"a control character in a name", named("a\\u0000b"), "name"},
      {"a line break in a name", named("a\\nb"), "name"},
      {"DEL in a name", named("a\x7f"), "name"},
      {"a long name", named(std::string(1025, 'n')), "name"},
      {"a name of a megabyte", named(std::string(1 << 20, 'n')), "name"},
      {"a tensor that is a list", file_of("{\"a\":[]}"), "list"},
      {"a tensor that is a number", file_of("{\"a\":1}"), "number"},
      {"a tensor that is negative", file_of("{\"a\":-1}"), "negative"},
      {"a tensor that is text", file_of("{\"a\":\"F32\"}"), "text"},
      {"a tensor that is true", file_of("{\"a\":true}"), "true"},
      {"a tensor that is null", file_of("{\"a\":null}"), "null"},
  };
}

std::vector<HostileFile> members() {
  return {
      {"no dtype", member(R"("shape":[2],"data_offsets":[0,8])"), "missing"},
      {"no shape", member(R"("dtype":"F32","data_offsets":[0,8])"), "missing"},
      {"no offsets", member(R"("dtype":"F32","shape":[2])"), "missing"},
      {"no members", member(""), "missing"},
      {"unknown dtype", member(R"("dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8])"), "dtype"},
      {"complex dtype", member(R"("dtype":"C64","shape":[1],"data_offsets":[0,8])"), "dtype"},
      {"unsigned dtype", member(R"("dtype":"U64","shape":[1],"data_offsets":[0,8])"), "dtype"},
      {"lower-case dtype", member(R"("dtype":"f32","shape":[2],"data_offsets":[0,8])"), "dtype"},
      {"a block format as dtype", member(R"("dtype":"Q8_0","shape":[32],"data_offsets":[0,34])"),
       "dtype"},
      {"empty dtype", member(R"("dtype":"","shape":[2],"data_offsets":[0,8])"), "dtype"},
      {"dtype is a number", member(R"("dtype":1,"shape":[2],"data_offsets":[0,8])"), "number"},
      {"dtype is a list", member(R"("dtype":["F32"],"shape":[2],"data_offsets":[0,8])"), "list"},
      {"shape is a number", shaped("2"), "number"},
      {"shape is text", shaped("\"2\""), "text"},
      {"shape is null", shaped("null"), "null"},
      {"an exponent", shaped("[2e0]"), "integer"},
      {"1e3", shaped("[1e3]", "4000"), "integer"},
      {"a fraction", shaped("[2.0]"), "integer"},
      {"an endless number", shaped("[" + std::string(5000, '9') + "]"), "JSON"},
      {"1e999", shaped("[1e999]"), ""},
      {"minus zero", shaped("[-0]", "0"), "negative"},
      {"a negative size", shaped("[-2]"), "negative"},
      {"size of 2^64", shaped("[18446744073709551616]"), "integer"},
      {"size of 2^64 - 1", shaped("[18446744073709551615]"), "overflow"},
      {"size of 2^63", shaped("[9223372036854775808]"), "overflow"},
      {"an overflowing product", shaped("[4294967296,4294967296]"), "overflow"},
      {"a product that wraps to 8", shaped("[4611686018427387906]"), "overflow"},
      {"a product that wraps to 0", shaped("[4294967296,4294967296]", "0"), "overflow"},
      {"a signed overflow before a zero", shaped("[70368744177664,131072,0]", "0"), "overflow"},
      {"an overflow before a zero", shaped("[4294967296,4294967296,0]", "0"), "overflow"},
      {"2^49 elements", shaped("[562949953421312]", "2251799813685248"), "overflow"},
      {"a nested shape", shaped("[[2]]"), "list"},
      {"text in the shape", shaped("[\"2\"]"), "text"},
      {"true in the shape", shaped("[true]"), "true"},
      {"nine dimensions", shaped("[1,1,1,1,1,1,1,1,2]"), "8 dimensions"},
      {"a million dimensions", shaped([] {
         std::string ones = "[1";
         for (int i = 1; i < 1'000'000; ++i) ones += ",1";
         return ones + "]";
       }()),
       "8 dimensions"},
      {"no offset", ranged("[]"), "two numbers"},
      {"one offset", ranged("[0]"), "two numbers"},
      {"three offsets", ranged("[0,8,8]"), "two numbers"},
      {"offsets as an object", ranged("{\"begin\":0}"), "object"},
      {"offsets as text", ranged("[\"0\",\"8\"]"), "text"},
      {"offsets as floats", ranged("[0.0,8.0]"), "integer"},
      {"a negative offset", ranged("[-8,0]"), "negative"},
      {"reversed offsets", ranged("[8,0]"), "do not fit"},
      {"one byte short", ranged("[0,7]"), "do not fit"},
      {"one byte more", ranged("[0,9]", 9), "do not fit"},
      {"wrapping offsets", ranged("[18446744073709551612,4]"), "do not fit"},
      {"an offset of 2^64", ranged("[0,18446744073709551616]"), "integer"},
      {"another dtype's size", member(R"("dtype":"F64","shape":[2],"data_offsets":[0,8])"),
       "do not fit"},
  };
}

std::vector<HostileFile> extents() {
  return {
      {"a hole at the start", ranged("[8,16]", 16), "hole"},
      {"far beyond the file", ranged("[9223372036854775800,9223372036854775808]"), "hole"},
      {"beyond the file", shaped("[20]", "80"), "end"},
      {"a trailing byte", member(kGood, 9), "end"},
      {"a trailing script", member(kGood) + "\n#!/bin/sh\n", "end"},
      {"data missing", member(kGood, 0), "end"},
      {"the last byte missing", member(kGood, 7), "end"},
      {"data without tensors", file_of("{}", 1), "end"},
      {"metadata alone with data", file_of(R"({"__metadata__":{}})", 8), "end"},
      {"half an overlap", two("8", "0,8", "4", "4,8"), "overlap"},
      {"the same bytes twice", two("8", "0,8", "8", "0,8"), "overlap"},
      {"an inner tensor", two("8", "0,8", "2", "3,5"), "overlap"},
      {"an overlap in reverse order", two("4", "4,8", "6", "0,6"), "overlap"},
      {"a hole between", two("2", "0,2", "4", "4,8"), "hole"},
      {"a hole in reverse order", two("4", "4,8", "2", "0,2"), "hole"},
      {"an empty tensor off its place", two("8", "0,8", "0", "9,9"), "hole"},
      {"an empty tensor inside another", two("8", "0,8", "0", "4,4"), "overlap"},
  };
}

// One U8 tensor "w" of this shape and size, with a note; no data unless it is asked for.
std::string carried(const std::string& note, const std::string& shape, uint64_t size_bytes,
                    const std::string& dtype = "U8") {
  const std::string header =
      fmt::format(R"({{"__metadata__":{{"block_format.w":"{}"}},)"
                  R"("w":{{"dtype":"{}","shape":{},"data_offsets":[0,{}]}}}})",
                  note, dtype, shape, size_bytes);
  return file_of(header, size_bytes < 4096 ? static_cast<size_t>(size_bytes) : 0);
}

}  // namespace

std::vector<HostileFile> hostile_safetensors_headers() {
  std::vector<HostileFile> files = framing();
  for (HostileFile& file : nesting_and_keys()) files.push_back(std::move(file));
  return files;
}

std::vector<HostileFile> hostile_safetensors_tensors() {
  std::vector<HostileFile> files = members();
  for (HostileFile& file : extents()) files.push_back(std::move(file));
  return files;
}

std::vector<HostileFile> hostile_safetensors_blocks() {
  const std::string known = "not a known format", written = "not written as it should be";
  const std::string carrier = "not the U8 tensor";
  return {
      {"a wider row", carried("q4_k [2, 512]", "[2,144]", 288), carrier},
      {"more rows", carried("q4_k [3, 256]", "[2,144]", 288), carrier},
      {"fewer rows", carried("q4_k [1, 256]", "[2,144]", 288), carrier},
      {"another format", carried("q6_k [2, 256]", "[2,144]", 288), carrier},
      {"a flat carrier", carried("q4_k [2, 256]", "[288]", 288), carrier},
      {"a carrier of I8", carried("q4_k [2, 256]", "[2,144]", 288, "I8"), carrier},
      {"a carrier of floats", carried("q4_k [2, 256]", "[2,36]", 288, "F32"), carrier},
      {"rows of half a block", carried("q4_k [2, 255]", "[2,144]", 288), "whole number of blocks"},
      {"rows of a block and one", carried("q8_0 [1, 33]", "[1,34]", 34), "whole number of blocks"},
      {"no blank behind the comma", carried("q4_k [2,256]", "[2,144]", 288), known},
      {"a leading zero", carried("q4_k [02, 256]", "[2,144]", 288), written},
      {"upper case", carried("Q4_K [2, 256]", "[2,144]", 288), written},
      {"a blank too many", carried("q4_k [ 2, 256]", "[2,144]", 288), known},
      {"a blank behind", carried("q4_k [2, 256] ", "[2,144]", 288), known},
      {"no bracket", carried("q4_k 2, 256", "[2,144]", 288), known},
      {"no shape", carried("q4_k", "[2,144]", 288), known},
      {"an empty shape", carried("q4_k []", "[2,144]", 288), known},
      {"five dimensions", carried("q4_k [1, 1, 1, 2, 256]", "[2,144]", 288), known},
      {"an empty note", carried("", "[2,144]", 288), known},
      {"a negative size", carried("q4_k [-2, 256]", "[2,144]", 288), known},
      {"a size of zero", carried("q4_k [0, 256]", "[0,144]", 0), known},
      {"an endless number", carried("q4_k [" + std::string(40, '9') + ", 256]", "[2,144]", 288),
       known},
      {"a plain format", carried("f32 [2, 36]", "[2,144]", 288), known},
      {"an unknown format", carried("q9_9 [2, 256]", "[2,144]", 288), known},
      {"rows that overflow",
       carried("q4_k [4294967296, 4294967296, 4294967296, 256]", "[2,144]", 288), "overflow"},
      {"rows that wrap to none", carried("q4_k [4294967296, 4294967296, 256]", "[0,144]", 0),
       "overflow"},
      {"bytes that wrap", carried("int8 [4294967296, 4294967296]", "[3,4294967300]", 12884901900),
       "overflow"},
      {"more than the file holds", carried("q4_k [1048576, 256]", "[1048576,144]", 150994944),
       "end"},
  };
}

std::vector<HostileFile> hostile_safetensors_truncations() {
  const std::string whole = member(kGood);
  std::vector<HostileFile> files;
  for (size_t length = 0; length < whole.size(); ++length) {
    files.push_back({"cut at " + std::to_string(length), whole.substr(0, length), ""});
  }
  return files;
}

}  // namespace greylag::test
