// SPDX-License-Identifier: GPL-3.0-or-later
// The download queue as rows for a view: progress, speed, time left and what can be done now.
#pragma once

#include "app/models/keyed_list.h"
#include "core/protocol/engine.h"

class DownloadListModel : public KeyedList<greylag::protocol::DownloadStatus> {
 public:
  enum Role {
    DownloadId = Qt::UserRole + 1,
    Name,
    State,      // the protocol's word
    StateText,  // the same for people
    Error,
    Progress,  // 0-1; negative: size unknown
    Detail,    // "120 of 382 MB · 3.1 MB/s · 1 min 20 s left"
    CanPause,
    CanResume,
    CanCancel,
  };

  explicit DownloadListModel(QObject* parent = nullptr);
  // State of the download that writes this file; empty if there is none.
  QString stateOfFile(const std::string& fileName) const;

 protected:
  QString keyOf(const greylag::protocol::DownloadStatus& row) const override;
  QVariant value(const greylag::protocol::DownloadStatus& row, int role) const override;
};
