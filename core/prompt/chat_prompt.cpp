// SPDX-License-Identifier: Apache-2.0
// Turns are "Role: text" joined by a blank line. A blank line therefore never stands inside a text:
// clean_message sees to that for every message, whoever wrote it.
#include "core/prompt/chat_prompt.h"

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

// NUL dropped, \r\n and \r -> \n, runs of \n -> one.
std::string collapse_lines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool is_after_return = false;
  for (const char c : text) {
    if (c == '\0') continue;
    const bool is_break = c == '\r' || (c == '\n' && !is_after_return);
    if (is_break && !out.ends_with('\n')) out += '\n';
    if (c != '\r' && c != '\n') out += c;
    is_after_return = c == '\r';
  }
  return out;
}

constexpr std::string_view kBlank = " \t\n\v\f\r";

std::string_view strip(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// " text", or nothing.
std::string spoken(std::string_view text) {
  std::string clean = clean_message(text);
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
  const std::string collapsed = collapse_lines(text);
  std::string_view rest = strip(collapsed);
  std::string out;
  out.reserve(rest.size() + 1);
  bool is_line_start = true;
  while (!rest.empty()) {
    if (is_line_start && starts_with_role(rest)) out += ' ';
    const size_t line_break = break_length(rest);
    const size_t length = line_break > 0 ? line_break : 1;
    out.append(rest.substr(0, length));
    rest.remove_prefix(length);
    is_line_start = line_break > 0;
  }
  return out;
}

std::string chat_prompt(std::span<const ChatMessage> messages) {
  std::string prompt;
  for (const ChatMessage& message : messages) {
    if (!prompt.empty()) prompt.append("\n\n");
    prompt.append(role_word(message.role)).append(spoken(message.text));
  }
  if (!messages.empty() && messages.back().role == Role::Assistant) return prompt;
  if (!prompt.empty()) prompt.append("\n\n");
  return prompt.append(role_word(Role::Assistant));
}

bool ends_inside_answer(std::span<const ChatMessage> messages) {
  if (messages.empty() || messages.back().role != Role::Assistant) return false;
  const std::string& text = messages.back().text;
  return !text.empty() && kBlank.find(text.back()) == std::string_view::npos;
}

std::vector<PromptSpan> training_spans(std::span<const ChatMessage> messages) {
  std::vector<PromptSpan> spans;
  std::string given;  // what is not learned, since the last answer
  for (const ChatMessage& message : messages) {
    given.append(role_word(message.role));
    std::string text = spoken(message.text).append("\n\n");
    if (message.role != Role::Assistant) {
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
