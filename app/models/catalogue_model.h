// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue as rows for a view, joined with the download queue by file name.
#pragma once

#include "app/models/download_list_model.h"
#include "app/models/keyed_list.h"
#include "core/protocol/engine.h"

struct CatalogueRow {
  greylag::protocol::CatalogueEntry entry;
  QString downloadState;  // the protocol's word, empty when not in the queue
};

class CatalogueModel : public KeyedList<CatalogueRow> {
 public:
  enum Role {
    EntryId = Qt::UserRole + 1,
    Name,
    Description,
    Licence,
    FileName,
    IsVocabulary,
    Size,
    Parameters,
    IsInstalled,
    IsDownloading,
    Fits,       // false: not enough free space for it
    MemoryFit,  // of a model: "fits" | "tight" | "none" beside this machine's memory; empty =
                // unknown
    IsPinned,   // false: held against the SHA-256 that the host states
  };

  explicit CatalogueModel(QObject* parent = nullptr);
  void setEntries(const std::vector<greylag::protocol::CatalogueEntry>& entries,
                  const DownloadListModel& downloads);
  void joinDownloads(const DownloadListModel& downloads);
  void setDiskFree(uint64_t bytes);
  void setMemory(uint64_t bytes);

 protected:
  QString keyOf(const CatalogueRow& row) const override;
  QVariant value(const CatalogueRow& row, int role) const override;

 private:
  QString memoryFit(const greylag::protocol::CatalogueEntry& entry) const;

  uint64_t m_diskFree = 0, m_memory = 0;  // 0 = not known yet
};
