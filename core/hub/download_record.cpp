// SPDX-License-Identifier: Apache-2.0
#include "core/hub/download_record.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/hub/file_name.h"

namespace greylag {
namespace {

constexpr uint64_t kRecordLimit = 64 * 1024;

std::filesystem::path record_path(const std::filesystem::path& folder, const DownloadRecord& r) {
  return folder / path_from_utf8(r.file_name + ".json");
}

Result<DownloadRecord> parse_record(const std::string& text) {
  const Error bad{ErrorCode::BadFile, "this download record is damaged"};
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return bad;
  DownloadRecord record;
  try {
    record.file_name = json.at("file_name").get<std::string>();
    record.name = json.at("name").get<std::string>();
    record.url = json.at("url").get<std::string>();
    record.sha256 = json.at("sha256").get<std::string>();
    record.target = path_from_utf8(json.at("target").get<std::string>());
    record.size_bytes = json.at("size_bytes").get<uint64_t>();
    record.etag = json.at("etag").get<std::string>();
    record.is_paused = json.at("is_paused").get<bool>();
    record.mirrors = json.value("mirrors", std::vector<std::string>());
    record.is_hash_stated = json.value("is_hash_stated", false);
  } catch (const nlohmann::json::exception&) {
    return bad;
  }
  record.id = record.file_name;
  if (!check_file_name(record.file_name) || (record.sha256.size() != 64 && !record.sha256.empty()))
    return bad;
  return record;
}

}  // namespace

std::filesystem::path DownloadRecord::part() const {
  std::filesystem::path part = target;
  part += ".part";
  return part;
}

void DownloadRecord::take_next_host() {
  if (mirrors.empty()) return;
  mirrors.push_back(std::move(url));
  url = std::move(mirrors.front());
  mirrors.erase(mirrors.begin());
  etag.clear();  // each host has its own
}

Status save_record(const std::filesystem::path& folder, const DownloadRecord& record) {
  const nlohmann::ordered_json json = {{"file_name", record.file_name},
                                       {"name", record.name},
                                       {"url", record.url},
                                       {"mirrors", record.mirrors},
                                       {"sha256", record.sha256},
                                       {"is_hash_stated", record.is_hash_stated},
                                       {"target", path_to_utf8(record.target)},
                                       {"size_bytes", record.size_bytes},
                                       {"etag", record.etag},
                                       {"is_paused", record.is_paused}};
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  return write_file_atomic(record_path(folder, record), json.dump(2, ' ', false, replace));
}

void remove_record(const std::filesystem::path& folder, const DownloadRecord& record) {
  std::error_code ignored;
  std::filesystem::remove(record_path(folder, record), ignored);
}

std::vector<DownloadRecord> load_records(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<DownloadRecord> records;
  for (const auto& file : files) {
    const auto text = read_text_file(file, kRecordLimit);
    auto record = text ? parse_record(*text) : Result<DownloadRecord>(text.error());
    if (record)
      records.push_back(std::move(*record));
    else
      log_warn("hub", path_to_utf8(file.filename()) + ": " + record.error().message);
  }
  return records;
}

}  // namespace greylag
