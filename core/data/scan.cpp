// SPDX-License-Identifier: Apache-2.0
// JSONL is read a line at a time. Plain text is tokenised in pieces that end at a line's end before
// a word: no World token spans that place.
#include "core/data/scan.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <unordered_map>

#include "core/base/file.h"
#include "core/data/line_reader.h"
#include "core/data/token_row.h"
#include "core/data/windows.h"
#include "core/tokenizer/utf8.h"

namespace greylag {
namespace {

constexpr size_t kPiece = 1u << 20, kLargestPiece = 32u << 20;

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// By the file's name alone, if that says it.
std::optional<bool> is_text_by_name(const std::filesystem::path& path) {
  std::string ending = path_to_utf8(path.extension());
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (ending == ".txt") return true;
  if (ending == ".jsonl" || ending == ".ndjson" || ending == ".json") return false;
  return std::nullopt;
}

class Scan {
 public:
  Scan(LineReader& reader, const Tokenizer& tokenizer, int64_t context,
       const ScanHandlers& handlers, const std::stop_token& stop)
      : reader_(reader),
        tokenizer_(tokenizer),
        context_(context),
        handlers_(handlers),
        stop_(stop) {}

  Result<ScanEnd> run(std::optional<bool> is_text) {
    std::string line;
    while (!end_.is_stopped && !stop_.stop_requested() && reader_.next(line)) {
      if (!is_text && !is_blank(line)) {
        is_text = line[line.find_first_not_of(" \t\r\n")] != '{';
      }
      if (reader_.is_too_long()) {
        report(RowProblem::TooLong, "longer than 16 MiB", true);
      } else if (is_text.value_or(true)) {
        take_text(line);
      } else {
        take_row(line);
      }
    }
    if (stop_.stop_requested()) return Error{ErrorCode::Cancelled, "cancelled"};
    if (reader_.has_failed()) return Error{ErrorCode::Internal, "the file could not be read"};
    if (end_.is_stopped) return end_;
    end_.is_text = is_text.value_or(true);
    if (end_.is_text) finish_text();
    end_.sha256 = reader_.sha256();
    return end_;
  }

 private:
  void report(RowProblem problem, std::string message, bool is_fatal) {
    const DataError error{reader_.number(), problem, std::move(message), is_fatal};
    end_.is_stopped = !handlers_.on_error(error);
  }

  void take_row(const std::string& line) {
    if (is_blank(line)) return;
    ++end_.rows;
    RowProblem problem = RowProblem::BadJson;
    ScannedRow row;
    if (auto tokens = parse_token_row(line, tokenizer_.size(), &problem)) {
      if (!*tokens) return report(problem, tokens->error().message, true);
      row.sample = std::move(**tokens);  // its labels say where it ends
      row.spans = token_spans(row.sample, tokenizer_);
    } else {
      auto spans = parse_row(line, &problem);
      if (!spans) return report(problem, spans.error().message, true);
      row.spans = std::move(*spans);
      row.sample = tokenise(row.spans, tokenizer_);
      row.sample.tokens.push_back(0);
      row.sample.learned.push_back(1);
    }
    row.sample.line = reader_.number();
    warn_of_length(row.sample.tokens.size());
    warn_of_duplicate(row.spans);
    if (!end_.is_stopped) handlers_.on_row(row);
  }

  void warn_of_length(size_t tokens) {
    if (tokens <= static_cast<size_t>(context_) + 1) return;
    report(RowProblem::TooLong,
           std::to_string(tokens) + " tokens: cut into windows of " + std::to_string(context_),
           false);
  }

  void warn_of_duplicate(const std::vector<PromptSpan>& spans) {
    std::string joined;
    for (const PromptSpan& span : spans) joined.append(span.text) += span.is_learned ? '\1' : '\2';
    const auto [first, is_new] =
        lines_.try_emplace(std::hash<std::string>()(joined), reader_.number());
    if (is_new || end_.is_stopped) return;
    report(RowProblem::Duplicate, "the same as line " + std::to_string(first->second), false);
  }

  void take_text(const std::string& line) {
    if (const size_t bad = find_bad_utf8(line); bad != std::string_view::npos) {
      return report(RowProblem::BadUtf8,
                    "byte " + std::to_string(bad + 1) + " of the line is not valid UTF-8", true);
    }
    const bool is_word = !line.empty() && ((line[0] & 0x80) != 0 ||
                                           std::isalnum(static_cast<unsigned char>(line[0])) != 0);
    if (piece_.size() >= kLargestPiece || (piece_.size() >= kPiece && is_word)) give_piece(false);
    if (piece_.empty()) piece_line_ = reader_.number();
    piece_.append(line);
    if (reader_.has_line_end()) piece_ += '\n';
    has_text_ = has_text_ || !is_blank(line);
  }

  void finish_text() {
    if (has_text_) give_piece(true);
    end_.rows = has_text_ ? 1 : 0;
  }

  void give_piece(bool is_last) {
    ScannedRow row{{{std::move(piece_), true}}, {}, true};
    piece_.clear();
    row.sample = tokenise(row.spans, tokenizer_);
    if (is_last) {
      row.sample.tokens.push_back(0);
      row.sample.learned.push_back(1);
    }
    row.sample.line = piece_line_;
    handlers_.on_row(row);
  }

  LineReader& reader_;
  const Tokenizer& tokenizer_;
  int64_t context_;
  const ScanHandlers& handlers_;
  const std::stop_token& stop_;
  ScanEnd end_;
  std::unordered_map<size_t, int64_t> lines_;  // hash of a row -> its first line
  std::string piece_;
  int64_t piece_line_ = 0;
  bool has_text_ = false;
};

}  // namespace

Result<ScanEnd> scan_file(const std::filesystem::path& path, const Tokenizer& tokenizer,
                          int64_t context, const ScanHandlers& handlers,
                          const std::stop_token& stop) {
  if (context < 1) return Error{ErrorCode::InvalidArgument, "the context must be 1 or more"};
  auto reader = LineReader::open(path, stop);
  if (!reader) return reader.error();
  auto end = Scan(*reader, tokenizer, context, handlers, stop).run(is_text_by_name(path));
  if (!end) return end.error().in(path_to_utf8(path.filename()));
  return end;
}

}  // namespace greylag
