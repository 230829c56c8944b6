// SPDX-License-Identifier: Apache-2.0
// Reading holds each array against dataset.json and against the others before anything is used.
#include "core/puzzle/puzzle_set.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/file.h"
#include "core/base/input_file.h"
#include "core/base/log.h"
#include "core/puzzle/npy.h"

namespace greylag {
namespace {

using nlohmann::json;

constexpr uint64_t kLargestJson = 1u << 20;
constexpr int64_t kMostTokens = 256;      // a token is kept in a byte
constexpr int64_t kMostCells = 1u << 16;  // far beyond 30 x 30
constexpr int64_t kMostIds = 1'000'000'000;
constexpr const char* kName = "all";  // of the one set; HRM's builders write no other

Error bad(const std::filesystem::path& file, const std::string& rule) {
  return {ErrorCode::BadFile, path_to_utf8(file.filename()) + ": " + rule};
}

std::filesystem::path array_path(const std::filesystem::path& folder, const std::string& part) {
  return folder / (std::string(kName) + "__" + part + ".npy");
}

std::optional<int64_t> whole(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  if (found->is_number_unsigned() && found->get<uint64_t>() > uint64_t{1} << 62)
    return std::nullopt;
  return found->get<int64_t>();
}

// HRM's files do not say their task.
std::string task_of(int64_t cells, int64_t vocab) {
  if (cells == 81 && vocab == 11) return "sudoku";
  if (cells == 900 && vocab == 6) return "maze";
  if (cells == 900 && vocab == 12) return "arc";
  return "";
}

Status read_grid(const json& meta, const std::filesystem::path& path, PuzzleSet& set) {
  const int64_t cells = whole(meta, "seq_len").value_or(0);
  set.vocab = whole(meta, "vocab_size").value_or(0);
  if (cells < 1 || cells > kMostCells) return bad(path, "\"seq_len\" must be 1 to 65536");
  if (set.vocab < 2 || set.vocab > kMostTokens) return bad(path, "\"vocab_size\" must be 2 to 256");
  if (meta.contains("rows") || meta.contains("columns")) {
    set.rows = whole(meta, "rows").value_or(0);
    set.columns = whole(meta, "columns").value_or(0);
    const bool is_sane = set.rows > 0 && set.columns > 0 && set.rows <= cells;
    if (!is_sane || set.columns != cells / set.rows || cells % set.rows != 0) {
      return bad(path, "\"rows\" times \"columns\" must be \"seq_len\"");
    }
  } else {
    set.rows = set.columns = std::llround(std::sqrt(static_cast<double>(cells)));
    if (set.cells() != cells) {
      return bad(path, "\"seq_len\" is no square: \"rows\" and \"columns\" must say the grid");
    }
  }
  if (const auto found = meta.find("task"); found != meta.end()) {
    if (!found->is_string()) return bad(path, "\"task\" must be a string");
    set.task = found->get<std::string>();
  } else {
    set.task = task_of(cells, set.vocab);
  }
  if (set.task != "sudoku" && set.task != "maze" && set.task != "arc") {
    return bad(path, "\"task\" must be sudoku, maze or arc");
  }
  return {};
}

// is_zero_ignored: whether label 0 means "not asked"; false when the file ignores no label.
Status read_meta(const std::filesystem::path& path, PuzzleSet& set, bool& is_zero_ignored) {
  const auto text = read_text_file(path, kLargestJson);
  if (!text) return text.error();
  const json meta = json::parse(*text, nullptr, false);
  if (!meta.is_object()) return bad(path, "it is not a JSON object");
  if (Status done = read_grid(meta, path, set); !done) return done;
  set.puzzle_ids = whole(meta, "num_puzzle_identifiers").value_or(0);
  if (set.puzzle_ids < 1 || set.puzzle_ids > kMostIds) {
    return bad(path, "\"num_puzzle_identifiers\" must be 1 or more");
  }
  for (const char* key : {"pad_id", "blank_identifier_id"}) {
    if (whole(meta, key) != 0) return bad(path, std::string("\"") + key + "\" must be 0");
  }
  const auto ignored = meta.find("ignore_label_id");
  is_zero_ignored = ignored != meta.end() && !ignored->is_null();
  if (is_zero_ignored && whole(meta, "ignore_label_id") != 0) {
    return bad(path, "\"ignore_label_id\" must be 0 or null");
  }
  const auto sets = meta.find("sets");
  if (sets == meta.end() || *sets != json::array({kName})) {
    return bad(path, "\"sets\" must be [\"all\"]");
  }
  return {};
}

// Reads one array and gives each of its numbers to `take`, which says whether it is allowed.
template <typename Take>
Result<int64_t> read_array(const std::filesystem::path& path, int64_t columns, Take take) {
  const auto file = InputFile::open(path);
  if (!file) return file.error().in(path_to_utf8(path.filename()));
  return look_at_mapped(*file, [&](std::span<const std::byte> bytes) -> Result<int64_t> {
    const auto array = parse_npy(bytes);
    if (!array) return bad(path, array.error().message);
    const size_t dimensions = columns > 0 ? 2 : 1;
    if (array->shape.size() != dimensions || (columns > 0 && array->shape[1] != columns)) {
      return bad(path, columns > 0 ? "its shape must be (examples, " + std::to_string(columns) + ")"
                                   : std::string("it must have one dimension"));
    }
    for (int64_t i = 0; i < array->size(); ++i) {
      const int64_t number = array->at(i);
      if (!take(number)) {
        return bad(path, "number " + std::to_string(i) + " is " + std::to_string(number) +
                             ", which is not allowed there");
      }
    }
    return array->shape[0];
  });
}

// Starts of parts that hold at least one thing each; the last number is the count of things.
Status read_starts(const std::filesystem::path& path, int64_t things,
                   std::vector<int64_t>& starts) {
  const auto count = read_array(path, 0, [&](int64_t number) {
    const bool is_next = starts.empty() ? number == 0 : number > starts.back();
    starts.push_back(number);
    return is_next;
  });
  if (!count) return count.error();
  if (starts.empty() || starts.back() != things) {
    return bad(path, "it must end with " + std::to_string(things));
  }
  return {};
}

Status read_tokens(const std::filesystem::path& path, const PuzzleSet& set, int64_t lowest,
                   std::vector<uint8_t>& tokens) {
  const auto count = read_array(path, set.cells(), [&](int64_t number) {
    tokens.push_back(static_cast<uint8_t>(number));
    return number >= lowest && number < set.vocab;
  });
  if (!count) return count.error();
  tokens.shrink_to_fit();
  return {};
}

Result<PuzzleSet> load_split(const std::filesystem::path& folder) {
  PuzzleSet set;
  bool is_zero_ignored = true;
  if (const Status done = read_meta(folder / "dataset.json", set, is_zero_ignored); !done) {
    return done.error();
  }
  const auto inputs = array_path(folder, "inputs"), labels = array_path(folder, "labels");
  if (const Status done = read_tokens(inputs, set, 0, set.inputs); !done) return done.error();
  if (const Status done = read_tokens(labels, set, is_zero_ignored ? 0 : 1, set.labels); !done) {
    return done.error();
  }
  if (set.inputs.size() != set.labels.size()) {
    return bad(labels, "it does not have as many examples as the inputs");
  }
  const int64_t examples = static_cast<int64_t>(set.inputs.size()) / set.cells();
  if (examples == 0) return bad(inputs, "it holds no example");
  const auto ids = array_path(folder, "puzzle_identifiers");
  const auto puzzles = read_array(ids, 0, [&](int64_t id) {
    set.ids.push_back(static_cast<int32_t>(id));
    return id >= 0 && id < set.puzzle_ids;
  });
  if (!puzzles) return puzzles.error();
  const auto starts = array_path(folder, "puzzle_indices");
  if (const Status done = read_starts(starts, examples, set.puzzle_starts); !done) {
    return done.error();
  }
  if (set.puzzle_starts.size() != set.ids.size() + 1) {
    return bad(starts, "it must have one number more than puzzle_identifiers");
  }
  const Status done =
      read_starts(array_path(folder, "group_indices"), set.puzzles(), set.group_starts);
  if (!done) return done.error();
  return set;
}

json describe(const PuzzleSet& set) {
  return {{"task", set.task},
          {"rows", set.rows},
          {"columns", set.columns},
          {"seq_len", set.cells()},
          {"vocab_size", set.vocab},
          {"pad_id", 0},
          {"ignore_label_id", 0},
          {"blank_identifier_id", 0},
          {"num_puzzle_identifiers", set.puzzle_ids},
          {"total_groups", set.groups()},
          {"mean_puzzle_examples", static_cast<double>(set.examples()) /
                                       static_cast<double>(std::max<int64_t>(set.puzzles(), 1))},
          {"sets", {kName}}};
}

}  // namespace

std::span<const uint8_t> PuzzleSet::input(int64_t example) const {
  return std::span(inputs).subspan(static_cast<size_t>(example * cells()),
                                   static_cast<size_t>(cells()));
}

std::span<const uint8_t> PuzzleSet::label(int64_t example) const {
  return std::span(labels).subspan(static_cast<size_t>(example * cells()),
                                   static_cast<size_t>(cells()));
}

Result<PuzzleSet> load_puzzle_set(const std::filesystem::path& folder, const std::string& split) {
  auto set = load_split(folder / split);
  if (!set) return set.error().in("reading the puzzles of " + path_to_utf8(folder / split));
  return set;
}

Status save_puzzle_set(const std::filesystem::path& folder, const std::string& split,
                       const PuzzleSet& set) {
  check(set.examples() > 0, "save_puzzle_set: no examples");
  const std::filesystem::path into = folder / split;
  if (Status done = make_private_dir(into); !done) return done;
  const std::vector<int64_t> grid{set.examples(), set.cells()};
  Status done = write_npy(array_path(into, "inputs"), grid, std::span(set.inputs));
  if (done) done = write_npy(array_path(into, "labels"), grid, std::span(set.labels));
  if (done) {
    done = write_npy(array_path(into, "puzzle_identifiers"), {set.puzzles()}, std::span(set.ids));
  }
  if (done) {
    done = write_npy(array_path(into, "puzzle_indices"), {set.puzzles() + 1},
                     std::span(set.puzzle_starts));
  }
  if (done) {
    done = write_npy(array_path(into, "group_indices"), {set.groups() + 1},
                     std::span(set.group_starts));
  }
  if (done) done = write_file_atomic(into / "dataset.json", describe(set).dump(2) + "\n");
  if (!done) return done.error().in("writing the puzzles of " + path_to_utf8(into));
  return {};
}

}  // namespace greylag
