// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/models/catalogue_model.h"

#include "app/models/figures.h"

CatalogueModel::CatalogueModel(QObject* parent)
    : KeyedList(
          {"entryId", "name", "description", "licence", "fileName", "isVocabulary", "sizeText",
           "parametersText", "isInstalled", "isDownloading", "fits", "memoryFit", "isPinned"},
          parent) {}

void CatalogueModel::setEntries(const std::vector<greylag::protocol::CatalogueEntry>& entries,
                                const DownloadListModel& downloads) {
  std::vector<CatalogueRow> next;
  for (const greylag::protocol::CatalogueEntry& entry : entries) {
    next.push_back({entry, downloads.stateOfFile(entry.file_name)});
  }
  setRows(std::move(next));
}

void CatalogueModel::joinDownloads(const DownloadListModel& downloads) {
  for (const CatalogueRow& row : std::vector<CatalogueRow>(rows())) {
    upsert({row.entry, downloads.stateOfFile(row.entry.file_name)});
  }
}

void CatalogueModel::setDiskFree(uint64_t bytes) {
  if (bytes == m_diskFree) return;
  m_diskFree = bytes;
  if (rowCount() > 0) emit dataChanged(index(0), index(rowCount() - 1), {Fits});
}

void CatalogueModel::setMemory(uint64_t bytes) {
  if (bytes == m_memory) return;
  m_memory = bytes;
  if (rowCount() > 0) emit dataChanged(index(0), index(rowCount() - 1), {MemoryFit});
}

// A model in memory is its weights and an eighth more; the state of a chat is a few MB.
QString CatalogueModel::memoryFit(const greylag::protocol::CatalogueEntry& entry) const {
  if (m_memory == 0 || entry.size_bytes == 0 || entry.kind != "model") return {};
  const double need = 1.125 * static_cast<double>(entry.size_bytes);
  const double share = need / static_cast<double>(m_memory);
  if (share <= 0.6) return QStringLiteral("fits");
  return share <= 0.9 ? QStringLiteral("tight") : QStringLiteral("none");
}

QString CatalogueModel::keyOf(const CatalogueRow& row) const {
  return QString::fromStdString(row.entry.id);
}

QVariant CatalogueModel::value(const CatalogueRow& row, int role) const {
  const greylag::protocol::CatalogueEntry& entry = row.entry;
  switch (role) {
    case EntryId:
      return QString::fromStdString(entry.id);
    case Name:
      return QString::fromStdString(entry.name);
    case Description:
      return QString::fromStdString(entry.description);
    case Licence:
      return QString::fromStdString(entry.licence);
    case FileName:
      return QString::fromStdString(entry.file_name);
    case IsVocabulary:
      return entry.kind == "vocabulary";
    case Size:
      return entry.size_bytes > 0 ? sizeText(entry.size_bytes) : QString();
    case Parameters:
      return entry.parameters > 0 ? countText(entry.parameters) : QString();
    case IsInstalled:
      return entry.is_installed || row.downloadState == QLatin1String("done");
    case IsDownloading:
      return row.downloadState == QLatin1String("queued") ||
             row.downloadState == QLatin1String("running") ||
             row.downloadState == QLatin1String("paused") ||
             row.downloadState == QLatin1String("verifying");
    case Fits:
      return m_diskFree == 0 || entry.size_bytes < m_diskFree;
    case MemoryFit:
      return memoryFit(entry);
    case IsPinned:
      return !entry.sha256.empty();
    default:
      return {};
  }
}
