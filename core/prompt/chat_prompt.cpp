// SPDX-License-Identifier: Apache-2.0
// Turns are "Role: text" joined by a blank line. Blank lines of what the model reads are collapsed,
// as its template asks; those of an answer are its own. What tells turns apart for certain is the
// role word at a line's start, which no text of a message keeps.
#include "core/prompt/chat_prompt.h"

#include <algorithm>
#include <array>

namespace greylag {
namespace {

constexpr std::array<std::string_view, 3> kRoleWords{"System:", "User:", "Assistant:"};

std::string_view role_word(Role role) { return kRoleWords[static_cast<size_t>(role)]; }

// Length of the line break that `text` starts with, Unicode's separators too; 0 if none.
size_t break_length(std::string_view text) {
  constexpr std::array<std::string_view, 6> kBreaks{"\n",       "\v",           "\f",
                                                    "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"};
  for (const std::string_view one : kBreaks) {
    if (text.starts_with(one)) return one.size();
  }
  return 0;
}

bool starts_with_role(std::string_view line) {
  for (const std::string_view word : kRoleWords) {
    if (line.starts_with(word)) return true;
  }
  return false;
}

enum class BlankLines { Collapsed, Kept };

// NUL dropped, \r\n and \r -> \n.
std::string unify_lines(std::string_view text, BlankLines blank_lines) {
  std::string out;
  out.reserve(text.size());
  bool is_after_return = false;
  for (const char c : text) {
    if (c == '\0') continue;
    const bool is_break = c == '\r' || (c == '\n' && !is_after_return);
    const bool is_line_start = out.ends_with('\n');
    if (is_break && (blank_lines == BlankLines::Kept || !is_line_start)) out += '\n';
    if (c != '\r' && c != '\n') out += c;
    is_after_return = c == '\r';
  }
  return out;
}

constexpr std::string_view kBlank = " \t\n\v\f\r";

std::string_view strip_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

std::string_view strip(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return strip_end(text);
}

// Without blank lines at the start.
std::string_view strip_first_lines(std::string_view text) {
  const size_t first = std::min(text.find_first_not_of(kBlank), text.size());
  const size_t line_break = text.substr(0, first).find_last_of("\n\v\f\r");
  if (line_break != std::string_view::npos) text.remove_prefix(line_break + 1);
  return text;
}

// Without a blank that is too narrow to be indentation.
std::string_view strip_one_space(std::string_view text) {
  const bool is_one = text.starts_with(' ') && text.find_first_not_of(kBlank) == 1;
  return text.substr(is_one ? 1 : 0);
}

std::string without_role_words(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 1);
  bool is_line_start = true;
  while (!text.empty()) {
    if (is_line_start && starts_with_role(text)) out += ' ';
    const size_t line_break = break_length(text);
    const size_t length = line_break > 0 ? line_break : 1;
    out.append(text.substr(0, length));
    text.remove_prefix(length);
    is_line_start = line_break > 0;
  }
  return out;
}

// " text", or nothing.
std::string spoken(const ChatMessage& message) {
  std::string clean =
      message.role == Role::Assistant ? clean_answer(message.text) : clean_message(message.text);
  if (!clean.empty()) clean.insert(clean.begin(), ' ');
  return clean;
}

}  // namespace

Result<Role> parse_role(const std::string& word) {
  if (word == "system" || word == "developer") return Role::System;
  if (word == "user") return Role::User;
  if (word == "assistant") return Role::Assistant;
  return Error{ErrorCode::InvalidArgument,
               "unknown role \"" + word + "\"; roles are system, user and assistant"};
}

std::string clean_message(std::string_view text) {
  return without_role_words(strip(unify_lines(text, BlankLines::Collapsed)));
}

std::string clean_answer(std::string_view text) {
  const std::string unified = unify_lines(text, BlankLines::Kept);
  return without_role_words(strip_one_space(strip_end(strip_first_lines(unified))));
}

std::string_view answer_in(std::string_view continuation) {
  const std::string_view answer = strip_first_lines(continuation);
  const bool has_space = answer.size() == continuation.size() && answer.starts_with(' ');
  return strip_one_space(answer.substr(has_space ? 1 : 0));
}

std::string chat_prompt(std::span<const ChatMessage> messages) {
  std::string prompt;
  for (const ChatMessage& message : messages) {
    if (!prompt.empty()) prompt.append("\n\n");
    prompt.append(role_word(message.role)).append(spoken(message));
  }
  if (!messages.empty() && messages.back().role == Role::Assistant) return prompt;
  if (!prompt.empty()) prompt.append("\n\n");
  return prompt.append(role_word(Role::Assistant));
}

std::optional<std::string> begun_answer_blanks(std::span<const ChatMessage> messages) {
  if (messages.empty() || messages.back().role != Role::Assistant) return std::nullopt;
  const std::string text = unify_lines(messages.back().text, BlankLines::Kept);
  const size_t end = strip_end(text).size();
  if (end == 0) return std::nullopt;
  return text.substr(end);
}

std::vector<PromptSpan> training_spans(std::span<const TrainingTurn> turns) {
  std::vector<PromptSpan> spans;
  std::string given;  // what is not learned, since the last answer that is
  for (const TrainingTurn& turn : turns) {
    given.append(role_word(turn.message.role));
    std::string text = spoken(turn.message).append("\n\n");
    if (!turn.is_learned) {
      given.append(text);
      continue;
    }
    spans.push_back({std::move(given), false});
    spans.push_back({std::move(text), true});
    given.clear();
  }
  if (!given.empty()) spans.push_back({std::move(given), false});
  return spans;
}

std::span<const std::string> chat_stops() {
  static const std::array<std::string, 3> stops{"\n\nUser:", "\n\nSystem:", "\n\nAssistant:"};
  return stops;
}

}  // namespace greylag
