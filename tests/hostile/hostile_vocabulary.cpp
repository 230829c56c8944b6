// SPDX-License-Identifier: Apache-2.0
// Vocabulary files that break a rule: World text and GPT-NeoX JSON.
#include <functional>

#include "tests/core/tokenizer/neox_json.h"
#include "tests/core/tokenizer/vocabularies.h"
#include "tests/hostile/hostile_files.h"

namespace greylag::test {
namespace {

using nlohmann::json;

// A World vocabulary of 65529 lines of which one is replaced.
std::string world_with(size_t number, const std::string& line) {
  static const std::vector<std::string> good = testing_data::made_up_world_lines();
  std::vector<std::string> lines = good;
  lines[number - 1] = line;
  return testing_data::join_lines(lines);
}

std::string world_line(const std::string& line) { return world_with(400, line); }

// The small GPT-NeoX vocabulary after a change.
std::string neox(const std::function<void(json&)>& change) {
  json root = testing_data::small_neox_json();
  change(root);
  return root.dump();
}

std::string neox_added(const json& token) {
  return neox([&](json& root) { root["added_tokens"].push_back(token); });
}

std::string neox_id(const json& id) {
  return neox([&](json& root) { root["model"]["vocab"]["the"] = id; });
}

std::string neox_merge(const json& merge) {
  return neox([&](json& root) { root["model"]["merges"].push_back(merge); });
}

}  // namespace

std::vector<HostileFile> hostile_vocabularies() {
  const std::string good = world_with(1, "1 b'\\x00' 1");
  return {
      {"empty", "", "empty"},
      {"blank", " \n\t\n", "empty"},
      {"prose", "Once upon a time\n", "neither"},
      {"a pickle", "\x80\x02}.", "neither"},
      {"a byte-order mark", "\xEF\xBB\xBF" + good, "byte order mark"},
      {"an empty line", world_line(""), "expected an id"},
      {"only an id", world_line("400"), "expected an id"},
      {"another id", world_line("401 'x y' 3"), "the id is not 400"},
      {"a negative id", world_line("-400 'x y' 3"), "the id is not 400"},
      {"an id beyond 32 bits", world_line("4294967696 'x y' 3"), "the id is not 400"},
      {"an id with a tail", world_line("400x 'x y' 3"), "the id is not 400"},
      {"id zero first", "0 '\\x00' 1\n", "the id is not 1"},
      {"a length too large", world_line("400 'x y' 4"), "length field is not 3"},
      {"a negative length", world_line("400 'x y' -3"), "length field"},
      {"a length beyond 32 bits", world_line("400 'x y' 4294967299"), "length field"},
      {"an empty token", world_line("400 '' 0"), "1 to 128 bytes"},
      {"a long token", world_line("400 '" + std::string(129, 'x') + "' 129"), "1 to 128 bytes"},
      {"no quotes", world_line("400 xyz 3"), "literal"},
      {"two kinds of quotes", world_line("400 'xyz\" 3"), "literal"},
      {"one quote", world_line("400 ' 1"), "literal"},
      {"a quote inside", world_line("400 'x'y' 3"), "quote"},
      {"code behind the literal", world_line("400 'x'+open('y') 3"), "literal"},
      {"a call", world_line("400 __import__('os') 3"), "literal"},
      {"an f-string", world_line("400 f'x' 1"), "literal"},
      {"an unknown escape", world_line(R"(400 'x\q' 3)"), "unknown escape"},
      {"a named escape", world_line(R"(400 '\N{BULLET}' 3)"), "unknown escape"},
      {"a wide escape", world_line(R"(400 '\U0001f600' 4)"), "unknown escape"},
      {"an octal escape", world_line(R"(400 '\101\102' 2)"), "unknown escape"},
      {"a \\u of bytes", world_line(R"(400 b'\u1234' 3)"), "unknown escape"},
      {"a cut \\x", world_line(R"(400 'x\x4' 2)"), "cut short"},
      {"a \\x of other digits", world_line(R"(400 'x\x4g' 2)"), "cut short"},
      {"a cut \\u", world_line(R"(400 '\u123' 2)"), "cut short"},
      {"half a character", world_line(R"(400 '\ud800' 3)"), "half a character"},
      {"bad UTF-8", world_line("400 '\xff' 1"), "UTF-8"},
      {"letters in bytes", world_line("400 b'\u00e9' 2"), "beyond ASCII"},
      {"a hidden closing quote", world_line(R"(400 'x\' 2)"), "line 400"},
      {"a token twice", world_line(R"(400 b'\x10' 1)"), "the same token as line 17"},
      {"no token for a byte", world_with(8, "8 'not a byte' 10"), "not the single byte 7"},
      {"a line too many", good + "65530 'one more' 8\n", "more than 65529"},
      {"lines missing", good.substr(0, good.find("\n30000 ") + 1), "the file ends here"},
      {"cut in a line", good.substr(0, good.size() / 2), "line"},
      {"NULs behind", good + std::string(3, '\0'), "more than 65529"},
      {"not JSON", "{\"model\":", "not valid JSON"},
      {"JSON with a tail", testing_data::small_neox_json().dump() + "x", "not valid JSON"},
      {"deep JSON", "{\"model\":" + std::string(1'000'000, '['), "not valid JSON"},
      {"deep objects",
       [] {
         std::string deep;
         for (int i = 0; i < 200'000; ++i) deep += "{\"a\":";
         deep += "1";
         return deep + std::string(200'000, '}');
       }(),
       "model.type"},
      {"no model", "{}", "model.type"},
      {"WordPiece", neox([](json& root) { root["model"]["type"] = "WordPiece"; }), "model.type"},
      {"a number as model type", neox([](json& root) { root["model"]["type"] = 1; }), "model.type"},
      {"lower-casing", neox([](json& root) { root["normalizer"]["type"] = "Lowercase"; }),
       "normalizer"},
      {"a sequence of normalizers", neox([](json& root) { root["normalizer"] = json::array(); }),
       "normalizer"},
      {"other words", neox([](json& root) { root["pre_tokenizer"]["type"] = "Whitespace"; }),
       "pre_tokenizer.type"},
      {"no words", neox([](json& root) { root["pre_tokenizer"] = nullptr; }), "pre_tokenizer.type"},
      {"a prefix space", neox([](json& root) { root["pre_tokenizer"]["add_prefix_space"] = true; }),
       "add_prefix_space"},
      {"dropout", neox([](json& root) { root["model"]["dropout"] = 0.5; }), "model.dropout"},
      {"byte fallback", neox([](json& root) { root["model"]["byte_fallback"] = true; }),
       "model.byte_fallback"},
      {"a byte missing", neox([](json& root) {
         root["model"]["vocab"].erase("z");
         root["model"]["vocab"]["zz"] = 90;
       }),
       "no token for byte 122"},
      {"vocab as a list", neox([](json& root) { root["model"]["vocab"] = json::array(); }),
       "model.vocab"},
      {"a negative id", neox_id(-1), "no number below 1048576"},
      {"an id of 2^20", neox_id(1 << 20), "no number below 1048576"},
      {"an id of 2^64 - 1", neox_id(UINT64_MAX), "no number below 1048576"},
      {"an id as a float", neox_id(258.0), "no number below 1048576"},
      {"an id as text", neox_id("258"), "no number below 1048576"},
      {"an id twice", neox_id(257), "two tokens with the id 257"},
      {"a hole before an id of a million", neox_id(1'000'000), "no token has the id 258"},
      {"a token without letters", neox([](json& root) { root["model"]["vocab"][""] = 262; }),
       "without letters"},
      {"a token outside the byte alphabet",
       neox([](json& root) { root["model"]["vocab"]["a b"] = 262; }), "byte alphabet"},
      {"a plain token with the id 0", neox([](json& root) { root["added_tokens"].erase(0); }),
       "the token with the id 0"},
      {"an added token without id", neox_added({{"content", "x"}}), "lacks its id or content"},
      {"an added token without content", neox_added({{"id", 300}}), "lacks its id or content"},
      {"an added token with a number as content", neox_added({{"id", 300}, {"content", 1}}),
       "lacks its id or content"},
      {"an added token of 2^40", neox_added({{"id", int64_t{1} << 40}, {"content", "  "}}),
       "no number below 1048576"},
      {"an added word", neox_added({{"id", 262}, {"content", "User:"}, {"special", false}}),
       "neither special"},
      {"an added token twice",
       neox([](json& root) { root["added_tokens"].push_back(root["added_tokens"][0]); }), "twice"},
      {"added tokens as an object", neox([](json& root) { root["added_tokens"] = json::object(); }),
       "added_tokens"},
      {"merges as an object", neox([](json& root) { root["model"]["merges"] = json::object(); }),
       "model.merges"},
      {"no merges", neox([](json& root) { root["model"]["merges"] = json::array(); }),
       "no merge makes"},
      {"a merge of one word", neox_merge("th"), "merge 3 names no pair"},
      {"a merge of unknown words", neox_merge("q z"), "merge 3 names no pair"},
      {"a merge of three", neox_merge({"t", "h", "e"}), "merge 3 names no pair"},
      {"a merge of numbers", neox_merge({1, 2}), "merge 3 names no pair"},
      {"a merge twice", neox_merge("t h"), "merge 3 repeats"},
      {"merges in another order",
       neox([](json& root) { std::swap(root["model"]["merges"][0], root["model"]["merges"][1]); }),
       "ids follow the order of the merges"},
  };
}

}  // namespace greylag::test
