// SPDX-License-Identifier: Apache-2.0
// The file is mapped and cut at its line ends; a field never spans lines.
#include "core/puzzle/puzzle_csv.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "core/base/file.h"
#include "core/base/input_file.h"
#include "core/puzzle/maze.h"
#include "core/puzzle/sudoku.h"

namespace greylag {
namespace {

constexpr size_t kLongestLine = 1u << 20;

// The fields of a line; nothing when a quote is left open or followed by more text.
std::optional<std::vector<std::string>> split(std::string_view line) {
  std::vector<std::string> fields(1);
  for (size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"' && fields.back().empty()) {
      for (++i; i < line.size(); ++i) {
        if (line[i] == '"' && (i + 1 == line.size() || line[i + 1] != '"')) break;
        fields.back() += line[i];
        if (line[i] == '"') ++i;
      }
      if (i == line.size() || (i + 1 < line.size() && line[i + 1] != ',')) return std::nullopt;
      ++i;
    }
    if (i >= line.size()) break;
    if (line[i] == ',') {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
  }
  return fields;
}

class Reader {
 public:
  explicit Reader(bool is_maze) : is_maze_(is_maze) {}

  int64_t line = 0;

  Status read_names(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const auto names = split(text);
    if (!names) return wrong("", "a quote is not closed");
    const auto find = [&](const char* name) {
      return static_cast<size_t>(std::find(names->begin(), names->end(), name) - names->begin());
    };
    question_ = find("question");
    answer_ = find("answer");
    rating_ = find("rating");
    columns_ = names->size();
    if (question_ < columns_ && answer_ < columns_) return {};
    return wrong("", "the first line must name the columns \"question\" and \"answer\"");
  }

  Result<CsvPuzzle> read(std::string_view text) {
    const auto fields = split(text);
    if (!fields) return wrong("", "a quote is not closed, or text follows it");
    if (fields->size() != columns_) {
      return wrong("", "it has " + std::to_string(fields->size()) + " columns instead of " +
                           std::to_string(columns_));
    }
    CsvPuzzle puzzle;
    puzzle.line = line;
    if (rating_ < columns_) {
      const std::string& field = (*fields)[rating_];
      const auto [end, problem] =
          std::from_chars(field.data(), field.data() + field.size(), puzzle.rating);
      if (problem != std::errc() || end != field.data() + field.size()) {
        return wrong("rating", "it is not a whole number");
      }
    }
    const Status done = is_maze_ ? read_maze((*fields)[question_], (*fields)[answer_], puzzle)
                                 : read_sudoku((*fields)[question_], (*fields)[answer_], puzzle);
    if (!done) return done.error();
    return puzzle;
  }

 private:
  Error wrong(const std::string& column, const std::string& what) const {
    return {ErrorCode::BadFile, "line " + std::to_string(line) +
                                    (column.empty() ? "" : ", column " + column) + ": " + what};
  }

  Status read_sudoku(const std::string& question, const std::string& answer, CsvPuzzle& puzzle) {
    auto given = parse_sudoku(question);
    if (!given) return wrong("question", given.error().message);
    auto solved = parse_sudoku(answer);
    if (!solved) return wrong("answer", solved.error().message);
    if (!is_sudoku_solution(given->shape, given->tokens, solved->tokens)) {
      return wrong("answer", "it does not solve the Sudoku of the question");
    }
    puzzle.size = static_cast<int64_t>(given->shape.size());
    puzzle.puzzle = std::move(given->tokens);
    puzzle.answer = std::move(solved->tokens);
    return {};
  }

  Status read_maze(const std::string& question, const std::string& answer, CsvPuzzle& puzzle) {
    auto given = parse_maze(question);
    if (!given) return wrong("question", given.error().message);
    auto solved = parse_maze(answer);
    if (!solved) return wrong("answer", solved.error().message);
    if (!is_maze_path(given->size, given->tokens, solved->tokens)) {
      return wrong("answer", "it is not the maze of the question with one path drawn from S to G");
    }
    puzzle.size = static_cast<int64_t>(given->size);
    puzzle.puzzle = std::move(given->tokens);
    puzzle.answer = std::move(solved->tokens);
    return {};
  }

  bool is_maze_;
  size_t question_ = 0, answer_ = 0, rating_ = 0, columns_ = 0;
};

using TakePuzzle = std::function<bool(CsvPuzzle&, const CsvPosition&)>;

Status read_puzzles(std::span<const std::byte> bytes, const std::string& name,
                    const std::string& task, const TakePuzzle& take) {
  std::string_view left(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Reader reader(task == "maze");
  bool has_names = false;
  while (!left.empty()) {
    std::string_view text = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(text.size() + 1, left.size()));
    ++reader.line;
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty()) continue;
    if (text.size() > kLongestLine) {
      return Error{ErrorCode::BadFile,
                   name + ": line " + std::to_string(reader.line) + " is longer than 1 MiB"};
    }
    if (!has_names) {
      if (const Status done = reader.read_names(text); !done) return done.error().in(name);
      has_names = true;
      continue;
    }
    auto puzzle = reader.read(text);
    if (!puzzle) return puzzle.error().in(name);
    if (!take(*puzzle, {bytes.size() - left.size(), bytes.size()})) {
      return Error{ErrorCode::Cancelled, "reading " + name + " was stopped"};
    }
  }
  if (!has_names) return Error{ErrorCode::BadFile, name + " is empty"};
  return {};
}

}  // namespace

Status read_puzzle_csv(const std::filesystem::path& path, const std::string& task,
                       const TakePuzzle& take) {
  const std::string name = path_to_utf8(path.filename());
  const auto file = InputFile::open(path);
  if (!file) return file.error().in(name);
  return look_at_mapped(*file, [&](std::span<const std::byte> bytes) {
    return read_puzzles(bytes, name, task, take);
  });
}

}  // namespace greylag
