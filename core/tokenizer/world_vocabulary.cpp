// SPDX-License-Identifier: Apache-2.0
// Reading the World vocabulary file, strictly: a file that breaks any rule is refused with its
// line.
#include <array>
#include <charconv>
#include <optional>
#include <unordered_map>

#include "core/tokenizer/utf8.h"
#include "core/tokenizer/world_tokenizer.h"

namespace greylag {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::optional<uint32_t> parse_number(std::string_view digits, int base) {
  uint32_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, code] = std::from_chars(digits.data(), end, number, base);
  if (code != std::errc() || stop != end || digits.empty()) return std::nullopt;
  return number;
}

// A Python literal read into bytes. rule() says what was broken.
class Literal {
 public:
  bool read(std::string_view text) {
    is_bytes_ = text.starts_with('b');
    if (is_bytes_) text.remove_prefix(1);
    if (text.size() < 2 || (text[0] != '\'' && text[0] != '"') || text.back() != text[0]) {
      return fail("the token is no '…', \"…\" or b'…' literal");
    }
    const char quote = text[0];
    text = text.substr(1, text.size() - 2);
    while (!text.empty()) {
      if (text[0] == quote) return fail("a quote inside the literal is not escaped");
      if (!(text[0] == '\\' ? read_escape(text) : read_plain(text))) return false;
    }
    return true;
  }
  std::string& bytes() { return bytes_; }
  const std::string& rule() const { return rule_; }

 private:
  bool fail(const char* rule) {
    rule_ = rule;
    return false;
  }

  bool read_plain(std::string_view& text) {
    const Utf8Unit unit = next_utf8(text);
    if (unit.state != Utf8State::Whole) return fail("the literal is not valid UTF-8");
    if (is_bytes_ && unit.code >= 0x80) return fail("a b'…' literal holds a byte beyond ASCII");
    bytes_.append(text.substr(0, unit.length));
    text.remove_prefix(unit.length);
    return true;
  }

  bool read_escape(std::string_view& text) {
    const char kind = text.size() < 2 ? '\0' : text[1];
    constexpr std::string_view kNames = "nrt\\'\"", kMeanings = "\n\r\t\\'\"";
    if (const size_t i = kNames.find(kind); kind != '\0' && i != std::string_view::npos) {
      bytes_ += kMeanings[i];
      text.remove_prefix(2);
      return true;
    }
    const size_t digits = kind == 'x' ? 2 : kind == 'u' && !is_bytes_ ? 4 : 0;
    if (digits == 0) return fail("the literal holds an unknown escape");
    const auto code = parse_number(text.substr(2, digits), 16);
    if (text.size() < 2 + digits || !code) return fail("a \\x or \\u escape is cut short");
    if (*code >= 0xD800 && *code < 0xE000) return fail("a \\u escape is half a character");
    if (is_bytes_) {
      bytes_ += static_cast<char>(*code);
    } else {
      append_utf8(bytes_, *code);
    }
    text.remove_prefix(2 + digits);
    return true;
  }

  bool is_bytes_ = false;
  std::string bytes_;
  std::string rule_;
};

Error bad_token(std::string_view unit, size_t id, const std::string& rule) {
  return {ErrorCode::BadFile,
          "World vocabulary, " + std::string(unit) + " " + std::to_string(id) + ": " + rule};
}

// Line n holds id n.
Error bad_line(size_t line, const std::string& rule) { return bad_token("line", line, rule); }

Result<std::string> parse_line(std::string_view line, size_t number) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first + 1) {
    return bad_line(number, "expected an id, a quoted token and its length in bytes");
  }
  const auto id = parse_number(line.substr(0, first), 10);
  if (!id || *id != number) {
    return bad_line(number, "the id is not " + std::to_string(number));
  }
  Literal literal;
  if (!literal.read(line.substr(first + 1, last - first - 1))) {
    return bad_line(number, literal.rule());
  }
  const auto length = parse_number(line.substr(last + 1), 10);
  const size_t size = literal.bytes().size();
  if (!length || *length != size) {
    return bad_line(number, "the length field is not " + std::to_string(size) +
                                ", the number of bytes of the token");
  }
  return std::move(literal.bytes());
}

}  // namespace

Status check_world_tokens(std::span<const std::string> tokens, std::string_view unit) {
  if (tokens.size() != kWorldTokens) {
    return Error{ErrorCode::BadFile,
                 "World vocabulary: " + std::to_string(tokens.size()) + " tokens instead of 65529"};
  }
  std::unordered_map<std::string_view, size_t> ids;
  ids.reserve(tokens.size());
  for (size_t i = 0; i < tokens.size(); ++i) {
    const size_t id = i + 1, size = tokens[i].size();
    if (size == 0 || size > kLongestWorldToken) {
      return bad_token(unit, id,
                       "a token has 1 to " + std::to_string(kLongestWorldToken) + " bytes");
    }
    if (i < 256 && (size != 1 || static_cast<unsigned char>(tokens[i][0]) != i)) {
      return bad_token(
          unit, id,
          "not the single byte " + std::to_string(i) + "; the ids 1 to 256 are the bytes 0 to 255");
    }
    const auto [place, is_first] = ids.emplace(tokens[i], id);
    if (!is_first) {
      return bad_token(
          unit, id, "the same token as " + std::string(unit) + " " + std::to_string(place->second));
    }
  }
  return {};
}

Result<std::vector<std::string>> parse_world_vocabulary(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) {
    return bad_line(1, "a byte order mark before the first id; save the file as plain UTF-8");
  }
  std::vector<std::string> tokens;
  tokens.reserve(kWorldTokens);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const size_t number = tokens.size() + 1;
    if (number > kWorldTokens) return bad_line(number, "more than 65529 tokens");
    Result<std::string> token = parse_line(text.substr(0, end), number);
    if (!token) return token.error();
    tokens.push_back(std::move(*token));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  if (tokens.size() != kWorldTokens) {
    return bad_line(tokens.size() + 1, "the file ends here; a World vocabulary has 65529 lines");
  }
  if (Status status = check_world_tokens(tokens, "line"); !status) return status.error();
  return tokens;
}

}  // namespace greylag
