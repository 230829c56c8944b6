// SPDX-License-Identifier: Apache-2.0
#include "core/hub/hub_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "core/base/file.h"
#include "core/hub/catalogue.h"
#include "core/hub/file_name.h"
#include "core/hub/http_fetch.h"
#include "core/hub/url.h"

namespace greylag {
namespace {

constexpr size_t kAnswerLimit = 8 << 20;  // bytes
constexpr size_t kRepositories = 50;
constexpr size_t kLongestName = 128;
constexpr std::array<std::string_view, 4> kModelEndings = {".gguf", ".pth", ".safetensors", ".st"};

// A value of a JSON object, or the fallback where it is absent or of another type.
template <typename T>
T value_or(const nlohmann::json& object, const char* key, T fallback) {
  const auto found = object.find(key);
  if (found == object.end()) return fallback;
  const bool has_type = std::is_same_v<T, std::string> ? found->is_string() : found->is_number();
  return has_type ? found->template get<T>() : fallback;
}

// OWNER/NAME of letters, digits, '.', '_' and '-'.
bool is_repository(const std::string& name) {
  const size_t slash = name.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == name.size()) return false;
  if (name.size() > kLongestName || name.find("..") != std::string::npos) return false;
  const auto is_plain = [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  };
  return std::all_of(name.begin(), name.begin() + static_cast<ptrdiff_t>(slash), is_plain) &&
         std::all_of(name.begin() + static_cast<ptrdiff_t>(slash) + 1, name.end(), is_plain);
}

bool is_model_name(const std::string& path) {
  const std::string lower = lower_ascii(path);
  return std::ranges::any_of(kModelEndings,
                             [&](std::string_view ending) { return lower.ends_with(ending); });
}

// The array that `path` answers with at the first hub that gives one.
Result<nlohmann::json> ask(const std::vector<std::string>& hubs, const std::string& path,
                           const std::function<bool()>& should_stop) {
  std::optional<Error> first;
  for (const std::string& hub : hubs) {
    const auto text = http_fetch_text(hub + path, kAnswerLimit, should_stop);
    Error error{ErrorCode::BadFile, "the host's answer is no list"};
    if (text) {
      auto json = nlohmann::json::parse(*text, nullptr, false);
      if (json.is_array()) return json;
    } else {
      error = text.error();
    }
    if (error.code == ErrorCode::Cancelled) return error;
    if (!first) first = error.in(hub);
  }
  return first.value_or(Error{ErrorCode::InvalidArgument, "there is no host to ask"});
}

std::string encoded_path(const std::string& path) {
  std::string out;
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    if (at > 0) out += '/';
    out += url_escape(std::string_view(path).substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

std::vector<std::string> default_hubs() {
  return {"https://huggingface.co", "https://hf-mirror.com"};
}

Result<protocol::HubRepositoryList> search_hub(const std::vector<std::string>& hubs,
                                               const std::string& words,
                                               const std::function<bool()>& should_stop) {
  if (words.find_first_not_of(' ') == std::string::npos) {
    return Error{ErrorCode::InvalidArgument, "say what to look for"};
  }
  const auto rows = ask(hubs,
                        fmt::format("/api/models?search={}&sort=downloads&direction=-1&limit={}",
                                    url_escape(words), kRepositories),
                        should_stop);
  if (!rows) return rows.error();
  protocol::HubRepositoryList list;
  for (const nlohmann::json& row : *rows) {
    if (!row.is_object() || list.repositories.size() == kRepositories) continue;
    protocol::HubRepository repository;
    repository.id = value_or(row, "id", std::string());
    repository.downloads = value_or(row, "downloads", int64_t{0});
    repository.likes = value_or(row, "likes", int64_t{0});
    if (is_repository(repository.id)) list.repositories.push_back(std::move(repository));
  }
  return list;
}

Result<protocol::HubFileList> list_hub_files(const std::vector<std::string>& hubs,
                                             const std::string& repository, const Home& home,
                                             const std::function<bool()>& should_stop) {
  if (!is_repository(repository)) {
    return Error{ErrorCode::InvalidArgument, "a repository is named OWNER/NAME"};
  }
  const auto rows =
      ask(hubs, fmt::format("/api/models/{}/tree/main?recursive=1", repository), should_stop);
  if (!rows) return rows.error();
  protocol::HubFileList list;
  list.repository = repository;
  for (const nlohmann::json& row : *rows) {
    if (!row.is_object() || value_or(row, "type", std::string()) != "file") continue;
    const auto lfs = row.find("lfs");  // without it the hub knows no SHA-256
    protocol::HubFile file;
    file.path = value_or(row, "path", std::string());
    file.file_name = file.path.substr(file.path.rfind('/') + 1);
    if (lfs == row.end() || !lfs->is_object() || !is_model_name(file.path)) continue;
    if (!check_file_name(file.file_name)) continue;
    file.size_bytes = value_or(*lfs, "size", uint64_t{0});
    for (const std::string& hub : hubs) {
      file.mirrors.push_back(
          fmt::format("{}/{}/resolve/main/{}", hub, repository, encoded_path(file.path)));
    }
    file.url = file.mirrors.front();
    file.mirrors.erase(file.mirrors.begin());
    std::error_code absent;
    file.is_installed =
        std::filesystem::exists(install_path(home, "model", file.file_name), absent);
    list.files.push_back(std::move(file));
  }
  std::ranges::stable_sort(list.files, {}, &protocol::HubFile::size_bytes);
  return list;
}

}  // namespace greylag
