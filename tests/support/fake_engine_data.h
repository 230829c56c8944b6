// SPDX-License-Identifier: GPL-3.0-or-later
// What the fake engine knows: one of each thing that the protocol has, so that every page of the
// window has something to show. Tests change the lists before they connect.
#pragma once

#include <QByteArray>
#include <QList>
#include <QString>
#include <optional>

#include "core/protocol/engine.h"
#include "core/protocol/reason.h"
#include "core/protocol/training.h"

// What solveEvents answers at first: the puzzle, and its one answer.
inline constexpr const char* kFakePuzzle =
    ".2..3..84.4...7.6..8.914..5.7.4.629.26..934.8.5........1.3695.2..6241..94..5.83.6";
inline constexpr const char* kFakeAnswer =
    "729635184145827963683914725378456291261793458954182637817369542536241879492578316";

struct FakeData {
  FakeData();

  // The reply to a request; none: 404.
  std::optional<QByteArray> answer(const QByteArray& method, const QString& path,
                                   const QByteArray& body);
  bool knowsModel(const QString& id) const;

  greylag::protocol::EngineStatus status;
  greylag::protocol::DeviceList devices;
  greylag::protocol::ModelList models;
  greylag::protocol::AdapterList adapters;
  greylag::protocol::Catalogue catalogue;
  greylag::protocol::DownloadList downloads;
  greylag::protocol::RunList runs;
  greylag::protocol::EngineSettings settings;
  greylag::protocol::RequestList requests;
  greylag::protocol::DataCheckReply dataCheck;
  greylag::protocol::ReasonModelList reasoners;
  // What comes back for any puzzle; the last one ends the stream.
  QList<greylag::protocol::SolveEvent> solveEvents;

 private:
  std::optional<QByteArray> get(const QString& path);
  std::optional<QByteArray> change(const QByteArray& method, const QString& path,
                                   const QByteArray& body);
  QByteArray metrics(const QString& id) const;
};
