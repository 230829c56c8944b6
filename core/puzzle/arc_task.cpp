// SPDX-License-Identifier: Apache-2.0
// JSON of ARC tasks.
#include "core/puzzle/arc_task.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/file.h"
#include "core/puzzle/dihedral.h"

namespace greylag {
namespace {

using nlohmann::json;

constexpr uint64_t kLargestTask = 4u << 20;

std::optional<ArcGrid> parse_grid(const json& rows) {
  if (!rows.is_array() || rows.empty() || rows.size() > kArcSide) return std::nullopt;
  ArcGrid grid;
  grid.rows = rows.size();
  for (const json& row : rows) {
    if (!row.is_array() || row.empty() || row.size() > kArcSide) return std::nullopt;
    if (grid.columns == 0) grid.columns = row.size();
    if (row.size() != grid.columns) return std::nullopt;
    for (const json& colour : row) {
      if (!colour.is_number_unsigned() || colour.get<uint64_t>() >= kArcColours) {
        return std::nullopt;
      }
      grid.colours.push_back(colour.get<uint8_t>());
    }
  }
  return grid;
}

// The pairs of "train" or "test".
Status read_pairs(const json& task, const char* key, bool needs_output,
                  std::vector<ArcPair>& pairs) {
  const auto list = task.find(key);
  if (list == task.end() || !list->is_array() || list->empty()) {
    return Error{ErrorCode::BadFile, std::string("\"") + key + "\" must hold a list of pairs"};
  }
  for (const json& entry : *list) {
    const std::string place =
        std::string("pair ") + std::to_string(pairs.size() + 1) + " of \"" + key + "\": ";
    ArcPair pair;
    for (const auto& [name, grid] :
         {std::pair{"input", &pair.input}, std::pair{"output", &pair.output}}) {
      const bool is_missing = !entry.is_object() || !entry.contains(name);
      if (is_missing && grid == &pair.output && entry.is_object() && !needs_output) continue;
      auto parsed = is_missing ? std::nullopt : parse_grid(entry.at(name));
      if (!parsed) {
        return Error{ErrorCode::BadFile, place + "\"" + name +
                                             "\" must hold 1 to 30 rows of equal length, 1 to 30 "
                                             "numbers from 0 to 9 each"};
      }
      *grid = std::move(*parsed);
    }
    pairs.push_back(std::move(pair));
  }
  return {};
}

}  // namespace

Result<ArcTask> parse_arc_task(const std::string& name, std::string_view text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return Error{ErrorCode::BadFile, "it is not a JSON object"};
  ArcTask task{name, {}, {}};
  if (const Status done = read_pairs(parsed, "train", true, task.demonstrations); !done) {
    return done.error();
  }
  if (const Status done = read_pairs(parsed, "test", false, task.tests); !done) {
    return done.error();
  }
  return task;
}

Result<std::vector<ArcTask>> read_arc_tasks(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code problem;
  for (std::filesystem::directory_iterator entry(folder, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    if (entry->path().extension() == ".json") files.push_back(entry->path());
  }
  if (problem || files.empty()) {
    return Error{ErrorCode::NotFound,
                 "there is no ARC task (a .json file each) in " + path_to_utf8(folder)};
  }
  std::sort(files.begin(), files.end());
  std::vector<ArcTask> tasks;
  for (const auto& file : files) {
    const auto text = read_text_file(file, kLargestTask);
    if (!text) return text.error().in(path_to_utf8(file.filename()));
    const std::string name = path_to_utf8(file.stem());
    if (name.find('|') != std::string::npos || name.starts_with('<')) {
      return Error{ErrorCode::BadFile, "a task's file may not be called " + name + ".json"};
    }
    auto task = parse_arc_task(name, *text);
    if (!task) return task.error().in(path_to_utf8(file.filename()));
    tasks.push_back(std::move(*task));
  }
  return tasks;
}

std::string canonical_arc_pair(const ArcPair& pair) {
  std::string least;
  for (uint8_t image = 0; image < kDihedrals; ++image) {
    std::array<char, kArcColours> names{'a'};
    char next = 'b';
    std::string text;
    for (const ArcGrid* grid : {&pair.input, &pair.output}) {
      text += std::to_string(swaps_sides(image) ? grid->columns : grid->rows) + ":";
      for (const uint8_t colour : dihedral(image, grid->colours, grid->rows, grid->columns)) {
        if (names[colour] == 0) names[colour] = next++;
        text += names[colour];
      }
    }
    if (image == 0 || text < least) least = std::move(text);
  }
  return least;
}

}  // namespace greylag
