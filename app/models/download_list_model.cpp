// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/models/download_list_model.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>

#include "app/models/figures.h"

using greylag::protocol::DownloadStatus;

namespace {

QString text(const char* source) {
  return QCoreApplication::translate("DownloadListModel", source);
}

QString stateText(const std::string& state) {
  if (state == "queued") return text(QT_TRANSLATE_NOOP("DownloadListModel", "waiting"));
  if (state == "running") return text(QT_TRANSLATE_NOOP("DownloadListModel", "downloading"));
  if (state == "paused") return text(QT_TRANSLATE_NOOP("DownloadListModel", "paused"));
  if (state == "verifying")
    return text(QT_TRANSLATE_NOOP("DownloadListModel", "checking the SHA-256"));
  if (state == "done") return text(QT_TRANSLATE_NOOP("DownloadListModel", "installed"));
  if (state == "failed") return text(QT_TRANSLATE_NOOP("DownloadListModel", "failed"));
  if (state == "cancelled") return text(QT_TRANSLATE_NOOP("DownloadListModel", "cancelled"));
  return QString::fromStdString(state);
}

double progressOf(const DownloadStatus& row) {
  if (row.bytes_total == 0) return -1;
  return std::min(1.0, static_cast<double>(row.bytes_done) / static_cast<double>(row.bytes_total));
}

QString detailOf(const DownloadStatus& row) {
  QStringList parts;
  if (row.state == "done") {
    parts.append(sizeText(row.bytes_total));
    if (row.verification == "pinned") {
      parts.append(text(QT_TRANSLATE_NOOP("DownloadListModel", "SHA-256 as published")));
    } else if (row.verification == "host") {
      parts.append(text(QT_TRANSLATE_NOOP("DownloadListModel", "SHA-256 as stated by the host")));
    }
    return parts.join(QStringLiteral(" · "));
  }
  if (row.bytes_total > 0) {
    parts.append(text(QT_TRANSLATE_NOOP("DownloadListModel", "%1 of %2"))
                     .arg(sizeText(row.bytes_done), sizeText(row.bytes_total)));
  } else if (row.bytes_done > 0) {
    parts.append(sizeText(row.bytes_done));
  }
  if (row.state == "running") {
    const QString rate = rateText(row.bytes_per_second);
    if (!rate.isEmpty()) parts.append(rate);
    if (row.seconds_left > 0) {
      parts.append(text(QT_TRANSLATE_NOOP("DownloadListModel", "%1 left"))
                       .arg(durationText(row.seconds_left)));
    }
  }
  return parts.join(QStringLiteral(" · "));
}

}  // namespace

DownloadListModel::DownloadListModel(QObject* parent)
    : KeyedList({"downloadId", "name", "state", "stateText", "error", "progress", "detail",
                 "canPause", "canResume", "canCancel"},
                parent) {}

QString DownloadListModel::stateOfFile(const std::string& fileName) const {
  // The newest is last: a second try counts, not the first one that failed.
  for (auto row = rows().rbegin(); row != rows().rend(); ++row) {
    if (row->file_name == fileName) return QString::fromStdString(row->state);
  }
  return {};
}

QString DownloadListModel::keyOf(const DownloadStatus& row) const {
  return QString::fromStdString(row.id);
}

QVariant DownloadListModel::value(const DownloadStatus& row, int role) const {
  const bool isMoving = row.state == "queued" || row.state == "running";
  switch (role) {
    case DownloadId:
      return QString::fromStdString(row.id);
    case Name:
      return QString::fromStdString(row.name.empty() ? row.file_name : row.name);
    case State:
      return QString::fromStdString(row.state);
    case StateText:
      return stateText(row.state);
    case Error:
      return QString::fromStdString(row.error);
    case Progress:
      return progressOf(row);
    case Detail:
      return detailOf(row);
    case CanPause:
      return isMoving;
    case CanResume:
      return row.state == "paused" || row.state == "failed";
    case CanCancel:
      return isMoving || row.state == "paused" || row.state == "failed" || row.state == "verifying";
    default:
      return {};
  }
}
