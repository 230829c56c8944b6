// SPDX-License-Identifier: Apache-2.0
#include "core/hub/catalogue.h"

#include <system_error>

#include "core/base/file.h"
#include "core/hub/file_name.h"
#include "core/protocol/codec.h"

namespace greylag {
namespace {

constexpr uint64_t kCatalogueLimit = 4 << 20;

DownloadRecord from_entry(const protocol::CatalogueEntry& entry, const Home& home) {
  DownloadRecord record;
  record.name = entry.name;
  record.file_name = entry.file_name;
  record.url = entry.url;
  record.mirrors = entry.mirrors;
  record.sha256 = entry.sha256;
  record.size_bytes = entry.size_bytes;
  record.target = install_path(home, entry.kind, entry.file_name);
  return record;
}

}  // namespace

std::filesystem::path install_path(const Home& home, const std::string& kind,
                                   const std::string& file_name) {
  const auto folder = kind == "vocabulary" ? home.tokenizers() : home.models();
  return folder / path_from_utf8(file_name);
}

Result<protocol::Catalogue> load_catalogue(const std::filesystem::path& file, const Home& home) {
  const auto text = read_text_file(file, kCatalogueLimit);
  if (!text) return text.error().in("the catalogue");
  auto catalogue = protocol::decode<protocol::Catalogue>(*text);
  if (!catalogue) return Error{ErrorCode::BadFile, "the catalogue is damaged"};
  for (auto& entry : catalogue->entries) {
    std::error_code failed;
    entry.is_installed =
        std::filesystem::exists(install_path(home, entry.kind, entry.file_name), failed);
  }
  return catalogue;
}

Result<DownloadRecord> plan_download(const protocol::DownloadRequest& request,
                                     const protocol::Catalogue& catalogue, const Home& home) {
  if (!request.catalogue_id.empty()) {
    for (const auto& entry : catalogue.entries) {
      if (entry.id == request.catalogue_id) return from_entry(entry, home);
    }
    return Error{ErrorCode::NotFound,
                 "the catalogue has no entry \"" + request.catalogue_id + "\""};
  }
  if (request.url.empty() || request.file_name.empty()) {
    return Error{ErrorCode::InvalidArgument, "give catalogue_id, or url and file_name"};
  }
  if (Status name = check_file_name(request.file_name); !name) return name.error();
  DownloadRecord record;
  record.name = request.file_name;
  record.file_name = request.file_name;
  record.url = request.url;
  record.mirrors = request.mirrors;
  record.sha256 = request.sha256;
  const auto extension = path_from_utf8(request.file_name).extension();
  const bool is_vocabulary = extension == ".txt" || extension == ".json";
  record.target = install_path(home, is_vocabulary ? "vocabulary" : "model", request.file_name);
  return record;
}

}  // namespace greylag
