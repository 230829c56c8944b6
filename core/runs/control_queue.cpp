// SPDX-License-Identifier: Apache-2.0
#include "core/runs/control_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <system_error>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/runs/checkpoint_folder.h"

namespace greylag {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kLongestCommand = 64;  // bytes

fs::path folder_of(const fs::path& run) { return run / "control"; }

// Names sort by the time of writing.
std::string next_name() {
  static std::atomic<uint32_t> count{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return fmt::format("{:020}-{}-{:010}",
                     std::chrono::duration_cast<std::chrono::nanoseconds>(now).count(),
                     platform::process_id(), count++);
}

std::vector<fs::path> waiting(const fs::path& run) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder_of(run), error), end; !error && it != end;
       it.increment(error)) {
    const bool is_whole = !path_to_utf8(it->path().filename()).starts_with('.');
    if (is_whole) found.push_back(it->path());
  }
  std::ranges::sort(found);
  return found;
}

std::string read_command(const fs::path& file) {
  const auto text = read_text_file(file, kLongestCommand);
  return text ? text->substr(0, text->find_first_of("\r\n ")) : std::string();
}

}  // namespace

Status push_command(const fs::path& run, const std::string& command) {
  const std::vector<fs::path> files = waiting(run);
  if (!files.empty() && read_command(files.back()) == command) return {};
  if (Status made = make_private_dir(folder_of(run)); !made) return made;
  return write_file_atomic(folder_of(run) / next_name(), command + "\n");
}

std::string take_command(const fs::path& run) {
  for (const fs::path& file : waiting(run)) {
    std::string command = read_command(file);
    std::error_code error;
    fs::remove(file, error);
    if (!command.empty()) return command;
  }
  return {};
}

std::vector<std::string> pending_commands(const fs::path& run) {
  std::vector<std::string> commands;
  for (const fs::path& file : waiting(run)) {
    std::string command = read_command(file);
    if (!command.empty()) commands.push_back(std::move(command));  // else: taken meanwhile
  }
  return commands;
}

void clear_commands(const fs::path& run) {
  std::error_code error;
  remove_folder(folder_of(run), error);
}

}  // namespace greylag
