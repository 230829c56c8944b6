// SPDX-License-Identifier: Apache-2.0
#include "core/base/cgroup.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace greylag {
namespace {

namespace fs = std::filesystem;

// A hierarchy of groups that this process is in: a controller of version 1, or version 2.
struct Hierarchy {
  fs::path mount;  // where its top group can be seen
  fs::path group;  // of this process; mount or below it
};

struct Hierarchies {
  std::optional<Hierarchy> unified, memory, cpu;  // version 2; version 1, by controller
};

std::optional<uint64_t> number_in(std::string_view text) {
  uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end == text.data()) return {};
  return number;
}

// The words of a file's first line; none when it cannot be read.
std::vector<std::string> first_line(const fs::path& path) {
  std::ifstream in(path);
  std::string line, word;
  std::getline(in, line);
  std::istringstream rest(line);
  std::vector<std::string> words;
  while (rest >> word) words.push_back(word);
  return words;
}

// A file of one number. "max", -1 and what else is no number is none.
std::optional<uint64_t> number_of(const fs::path& path) {
  const std::vector<std::string> words = first_line(path);
  return words.empty() ? std::nullopt : number_in(words[0]);
}

// The values of these keys in a file of "key value" lines, summed up.
uint64_t sum_of(const fs::path& path, std::initializer_list<std::string_view> keys) {
  std::ifstream in(path);
  uint64_t sum = 0;
  for (std::string key, value; in >> key >> value;) {
    if (std::ranges::find(keys, key) != keys.end()) sum += number_in(value).value_or(0);
  }
  return sum;
}

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == word) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// "4:memory:/a/b" -> memory: /a/b. Version 2 has no controller's name.
std::map<std::string, std::string> groups_of_process(const fs::path& root) {
  std::map<std::string, std::string> groups;
  std::ifstream in(root / "proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::istringstream names(line.substr(first + 1, second - first - 1));
    const std::string group = line.substr(second + 1);
    if (second == first + 1) groups[""] = group;
    for (std::string name; std::getline(names, name, ',');) groups[name] = group;
  }
  return groups;
}

// Where `group` is seen below a mount that shows the hierarchy from `top` on. In a container the
// group may lie outside of what is mounted: then the top of the mount is the nearest to be seen.
fs::path seen_below(const fs::path& mount, const std::string& top, const std::string& group) {
  const fs::path relative = fs::path(group).lexically_relative(top);
  if (relative.empty() || *relative.begin() == "..") return mount;
  return relative == "." ? mount : mount / relative;
}

Hierarchies find_hierarchies(const fs::path& root) {
  const std::map<std::string, std::string> groups = groups_of_process(root);
  Hierarchies found;
  std::ifstream in(root / "proc/self/mountinfo");
  for (std::string line; std::getline(in, line);) {
    // id parent device top mount options... - type source options
    std::istringstream fields(line);
    std::string skipped, top, mount, type, options;
    fields >> skipped >> skipped >> skipped >> top >> mount;
    while (fields >> skipped && skipped != "-") continue;
    fields >> type >> skipped >> options;
    const auto hierarchy_of = [&](const char* controller) -> std::optional<Hierarchy> {
      const auto group = groups.find(controller);
      if (group == groups.end()) return {};
      const fs::path here = root / fs::path(mount).relative_path();
      return Hierarchy{.mount = here, .group = seen_below(here, top, group->second)};
    };
    if (type == "cgroup2") found.unified = hierarchy_of("");
    if (type != "cgroup") continue;
    if (has_word(options, "memory")) found.memory = hierarchy_of("memory");
    if (has_word(options, "cpu")) found.cpu = hierarchy_of("cpu");
  }
  return found;
}

template <typename Number>
void lower(std::optional<Number>& least, Number value) {
  least = std::min(least.value_or(value), value);
}

// Calls look(folder) for the group and all above it.
template <typename Look>
void walk_up(const std::optional<Hierarchy>& hierarchy, Look look) {
  if (!hierarchy) return;
  for (fs::path group = hierarchy->group;; group = group.parent_path()) {
    look(group);
    if (group == hierarchy->mount || group == group.parent_path()) return;
  }
}

void note_memory(CgroupLimits& limits, std::optional<uint64_t> limit, std::optional<uint64_t> used,
                 uint64_t reclaimable) {
  // Version 1 says "no limit" with the largest number of whole pages.
  constexpr uint64_t kNoLimit = uint64_t{1} << 62;
  if (!limit || *limit >= kNoLimit) return;
  const uint64_t held = used.value_or(0) - std::min(used.value_or(0), reclaimable);
  lower(limits.memory_limit_bytes, *limit);
  lower(limits.memory_available_bytes, *limit - std::min(*limit, held));
}

void note_cpus(CgroupLimits& limits, std::optional<uint64_t> quota,
               std::optional<uint64_t> period) {
  if (!quota || !period || *quota == 0 || *period == 0) return;
  lower(limits.cpus, static_cast<double>(*quota) / static_cast<double>(*period));
}

}  // namespace

CgroupLimits read_cgroup_limits(const fs::path& root) {
  const Hierarchies found = find_hierarchies(root);
  CgroupLimits limits;
  walk_up(found.unified, [&](const fs::path& group) {
    note_memory(limits, number_of(group / "memory.max"), number_of(group / "memory.current"),
                sum_of(group / "memory.stat", {"inactive_file", "active_file"}));
    const std::vector<std::string> cpu = first_line(group / "cpu.max");
    if (cpu.size() == 2) note_cpus(limits, number_in(cpu[0]), number_in(cpu[1]));
  });
  walk_up(found.memory, [&](const fs::path& group) {
    note_memory(limits, number_of(group / "memory.limit_in_bytes"),
                number_of(group / "memory.usage_in_bytes"),
                sum_of(group / "memory.stat", {"total_inactive_file", "total_active_file"}));
  });
  walk_up(found.cpu, [&](const fs::path& group) {
    note_cpus(limits, number_of(group / "cpu.cfs_quota_us"),
              number_of(group / "cpu.cfs_period_us"));
  });
  return limits;
}

}  // namespace greylag
