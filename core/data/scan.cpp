// SPDX-License-Identifier: Apache-2.0
// Rows are read one at a time. Plain text is tokenised in pieces that end at a line's end before a
// word: no World token spans that place.
#include "core/data/scan.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <unordered_map>

#include "core/base/file.h"
#include "core/data/json_list_reader.h"
#include "core/data/line_reader.h"
#include "core/data/problem_tally.h"
#include "core/data/row.h"
#include "core/data/table_reader.h"
#include "core/data/text_case.h"
#include "core/data/token_row.h"
#include "core/data/windows.h"
#include "core/tokenizer/utf8.h"

namespace greylag {
namespace {

using nlohmann::json;

constexpr size_t kPiece = 1u << 20, kLargestPiece = 32u << 20;
constexpr size_t kMostUnreadKeys = 20;  // that are told by name
constexpr std::string_view kEndOfText = "<|endoftext|>";

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

uint64_t mix(uint64_t hash, std::string_view text) {
  return hash * 0x9E3779B97F4A7C15 + std::hash<std::string_view>()(text) + 1;
}

class Scan {
 public:
  Scan(BlockReader& blocks, const Tokenizer& tokenizer, int64_t context,
       const ScanHandlers& handlers, const std::stop_token& stop)
      : blocks_(blocks),
        tokenizer_(tokenizer),
        context_(context),
        handlers_(handlers),
        stop_(stop) {}

  Result<ScanEnd> run(const FoundKind& found) {
    end_.kind = found.kind;
    switch (found.kind) {
      case FileKind::JsonLines:
        read_lines();
        break;
      case FileKind::JsonList:
        read_list();
        break;
      case FileKind::Table:
        read_table(found.delimiter);
        break;
      case FileKind::Text:
        read_text();
        break;
    }
    if (stop_.stop_requested()) return Error{ErrorCode::Cancelled, "cancelled"};
    if (blocks_.has_failed()) return Error{ErrorCode::Internal, "the file could not be read"};
    end_.problems = tally_.counts();
    if (!end_.is_stopped) end_.sha256 = blocks_.sha256();
    return end_;
  }

 private:
  bool is_going_on() const { return !end_.is_stopped && !stop_.stop_requested(); }

  void report(RowProblem problem, std::string message, bool is_fatal) {
    const DataError error{line_, problem, std::move(message), is_fatal};
    tally_.add(error);
    end_.is_stopped = !handlers_.on_error(error) || end_.is_stopped;
  }

  void refuse(const Refusal& refusal) { report(refusal.problem, refusal.message, true); }

  void read_lines() {
    LineReader reader(blocks_);
    std::string line;
    while (is_going_on() && reader.next(line)) {
      line_ = reader.number();
      if (is_blank(line)) continue;
      ++end_.rows;
      if (reader.is_too_long()) {
        report(RowProblem::TooLong, "longer than 16 MiB", true);
      } else {
        take_json(line);
      }
    }
  }

  void read_list() {
    ByteReader bytes(blocks_);
    JsonListReader reader(bytes);
    std::string entry;
    while (is_going_on() && reader.next(entry)) {
      line_ = reader.line();
      ++end_.rows;
      if (reader.is_too_long()) {
        report(RowProblem::TooLong, "longer than 16 MiB", true);
      } else if (!reader.problem().empty()) {
        report(RowProblem::BadJson, reader.problem(), true);
      } else {
        take_json(entry);
      }
    }
    if (!is_going_on() || reader.problem().empty()) return;
    line_ = reader.line();
    report(RowProblem::BadJson, reader.problem(), true);
  }

  void read_table(char delimiter) {
    ByteReader bytes(blocks_);
    TableReader reader(bytes, delimiter);
    std::vector<std::string> names, fields;
    if (!reader.next(names)) return;
    for (size_t i = 0; i < names.size(); ++i) {
      names[i] = column_name(names[i]);
      if (names[i].empty()) names[i] = "column " + std::to_string(i + 1);
    }
    while (is_going_on() && reader.next(fields)) {
      line_ = reader.line();
      ++end_.rows;
      if (!reader.problem().empty()) {
        report(RowProblem::BadTable, reader.problem(), true);
      } else if (fields.size() != names.size()) {
        report(RowProblem::BadTable,
               "has " + std::to_string(fields.size()) + " fields where the header has " +
                   std::to_string(names.size()),
               true);
      } else {
        take_record(names, fields);
      }
    }
  }

  void take_record(const std::vector<std::string>& names, std::vector<std::string>& fields) {
    json row = json::object();
    for (size_t i = 0; i < names.size(); ++i) {
      if (const size_t bad = find_bad_utf8(fields[i]); bad != std::string_view::npos) {
        return report(RowProblem::BadUtf8,
                      in_quotes(names[i]) + " is not valid UTF-8; save the file as UTF-8", true);
      }
      if (row.contains(names[i])) {
        return report(RowProblem::Ambiguous, "the column " + in_quotes(names[i]) + " stands twice",
                      true);
      }
      row[names[i]] = std::move(fields[i]);
    }
    take_row(row);
  }

  void take_json(std::string_view text) {
    const auto object = parse_object(text);
    if (const auto* refusal = std::get_if<Refusal>(&object)) return refuse(*refusal);
    take_row(std::get<json>(object));
  }

  void take_row(const json& object) {
    RowFields fields(object);
    if (is_token_row(fields)) {
      auto sample = read_token_row(fields, tokenizer_.size());
      if (const auto* refusal = std::get_if<Refusal>(&sample)) return refuse(*refusal);
      ScannedRow row;
      row.sample = std::move(std::get<Sample>(sample));  // its labels say where it ends
      row.spans = token_spans(row.sample, tokenizer_);
      note_unread(fields.unread());
      return give_row(std::move(row));
    }
    auto parsed = read_row(object);
    if (const auto* refusal = std::get_if<Refusal>(&parsed)) return refuse(*refusal);
    auto& [spans, unread_keys] = std::get<ParsedRow>(parsed);
    note_unread(unread_keys);
    ScannedRow row;
    if (spans.size() == 1) {
      add_documents(row.sample, spans.front().text);
    } else {
      add_document(row.sample, spans);
    }
    row.spans = std::move(spans);
    give_row(std::move(row));
  }

  void add_document(Sample& sample, std::span<const PromptSpan> spans) const {
    const Sample document = tokenise(spans, tokenizer_);
    sample.tokens.insert(sample.tokens.end(), document.tokens.begin(), document.tokens.end());
    sample.learned.insert(sample.learned.end(), document.learned.begin(), document.learned.end());
    sample.tokens.push_back(0);
    sample.learned.push_back(spans.back().is_learned ? 1 : 0);
  }

  // A text row may hold documents that were joined: each mark is an end of document.
  void add_documents(Sample& sample, std::string_view text) const {
    while (!text.empty()) {
      const size_t mark = text.find(kEndOfText);
      std::string_view document = text.substr(0, mark);
      text.remove_prefix(mark == text.npos ? text.size() : mark + kEndOfText.size());
      if (mark != text.npos) {
        document = document.substr(0, document.find_last_not_of('\n') + 1);
        text.remove_prefix(std::min(text.find_first_not_of('\n'), text.size()));
      }
      const PromptSpan span{std::string(document), true};
      if (!is_blank(document)) add_document(sample, {&span, 1});
    }
  }

  void give_row(ScannedRow row) {
    const auto targets = std::span(row.sample.learned).subspan(row.sample.learned.empty() ? 0 : 1);
    if (std::ranges::find(targets, 1) == targets.end()) {
      return report(RowProblem::EmptyAnswer, "nothing in it is to be learned", true);
    }
    row.sample.line = line_;
    for (const PromptSpan& span : row.spans) {
      row.identity = mix(mix(row.identity, span.text), span.is_learned ? "1" : "0");
    }
    note_length(row.sample.tokens.size());
    note_duplicate(row.identity);
    ++end_.usable_rows;
    if (!end_.is_stopped) handlers_.on_row(row);
  }

  // A note for each key, not for each row that has it; the tally counts the rows.
  void note_unread(const std::vector<std::string>& keys) {
    if (keys.empty()) return;
    std::string names;
    for (const std::string& key : keys) {
      if (unread_keys_.size() >= kMostUnreadKeys || !unread_keys_.insert(key).second) continue;
      names += (names.empty() ? "" : ", ") + in_quotes(key);
    }
    const DataError note{line_, RowProblem::UnreadKey, "not known, so not read: " + names, false};
    tally_.add(note);
    if (!names.empty()) end_.is_stopped = !handlers_.on_error(note) || end_.is_stopped;
  }

  void note_length(size_t tokens) {
    if (tokens <= static_cast<size_t>(context_) + 1) return;
    report(RowProblem::Cut,
           std::to_string(tokens) + " tokens: cut into windows of " + std::to_string(context_),
           false);
  }

  void note_duplicate(uint64_t identity) {
    const auto [first, is_new] = lines_.try_emplace(identity, line_);
    if (is_new) return;
    report(RowProblem::Duplicate, "the same as line " + std::to_string(first->second), false);
  }

  void read_text() {
    LineReader reader(blocks_);
    std::string line;
    while (is_going_on() && reader.next(line)) {
      line_ = reader.number();
      if (reader.is_too_long()) {
        report(RowProblem::TooLong, "longer than 16 MiB", true);
      } else if (const size_t bad = find_bad_utf8(line); bad != std::string_view::npos) {
        report(RowProblem::BadUtf8,
               "byte " + std::to_string(bad + 1) +
                   " of the line is not valid UTF-8; save the file as UTF-8",
               true);
      } else if (line.find('\0') != std::string::npos) {
        report(RowProblem::NotText, "holds a NUL byte: this is no text", true);
      } else {
        if (reader.has_line_end()) line += '\n';
        take_text(line);
      }
    }
    if (is_going_on()) end_document();
  }

  void take_text(std::string_view line) {
    for (;;) {
      const size_t mark = line.find(kEndOfText);
      add_text_piece(line.substr(0, mark));
      if (mark == std::string_view::npos) return;
      piece_.erase(piece_.find_last_not_of('\n') + 1);  // the line breaks before a mark are its own
      end_document();
      line.remove_prefix(mark + kEndOfText.size());
      is_after_mark_ = true;
    }
  }

  void add_text_piece(std::string_view text) {
    if (text.empty() || (is_after_mark_ && is_blank(text))) return;  // around the mark
    is_after_mark_ = false;
    const bool is_word =
        (text[0] & 0x80) != 0 || std::isalnum(static_cast<unsigned char>(text[0])) != 0;
    const bool is_line_start = piece_.ends_with('\n');
    if (piece_.size() >= kLargestPiece || (piece_.size() >= kPiece && is_word && is_line_start)) {
      give_piece(false);
    }
    if (piece_.empty()) piece_line_ = line_;
    if (!has_text_ && !is_blank(text)) document_line_ = line_;
    piece_ += text;
    has_text_ = has_text_ || !is_blank(text);
  }

  void end_document() {
    if (has_text_) {
      ++end_.rows;
      ++end_.usable_rows;
      give_piece(true);
    }
    piece_.clear();
    has_text_ = false;
    identity_ = 0;
  }

  void give_piece(bool ends_document) {
    identity_ = mix(identity_, piece_);
    ScannedRow row{{{std::move(piece_), true}}, {}, true, ends_document, identity_};
    piece_.clear();
    row.sample = tokenise(row.spans, tokenizer_);
    row.sample.line = piece_line_;
    if (ends_document) {
      row.sample.tokens.push_back(0);
      row.sample.learned.push_back(1);
      const int64_t here = std::exchange(line_, document_line_);
      note_duplicate(identity_);
      line_ = here;
    }
    handlers_.on_row(row);
  }

  BlockReader& blocks_;
  const Tokenizer& tokenizer_;
  int64_t context_;
  const ScanHandlers& handlers_;
  const std::stop_token& stop_;
  ScanEnd end_;
  ProblemTally tally_;
  int64_t line_ = 0;                             // where the row begins that is read
  std::unordered_map<uint64_t, int64_t> lines_;  // identity of a row or document -> its first line
  std::set<std::string> unread_keys_;
  // Plain text: what of the document is not tokenised yet.
  std::string piece_;
  int64_t piece_line_ = 0, document_line_ = 0;
  uint64_t identity_ = 0;
  bool has_text_ = false;
  bool is_after_mark_ = false;
};

}  // namespace

Result<ScanEnd> scan_file(const std::filesystem::path& path, const Tokenizer& tokenizer,
                          int64_t context, const ScanHandlers& handlers,
                          const std::stop_token& stop) {
  if (context < 1) return Error{ErrorCode::InvalidArgument, "the context must be 1 or more"};
  auto blocks = BlockReader::open(path, stop);
  if (!blocks) return blocks.error();
  const std::string name = path_to_utf8(path.filename());
  if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "cancelled"};
  const auto kind = find_kind(blocks->head(), blocks->head().size() < BlockReader::kBlock,
                              lower_case(path_to_utf8(path.extension())));
  if (!kind) return kind.error().in(name);
  auto end = Scan(*blocks, tokenizer, context, handlers, stop).run(*kind);
  if (!end) return end.error().in(name);
  return end;
}

}  // namespace greylag
