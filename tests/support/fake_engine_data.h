// SPDX-License-Identifier: GPL-3.0-or-later
// What the fake engine knows: one of each thing that the protocol has, so that every page of the
// window has something to show. Tests change the lists before they connect.
#pragma once

#include <QByteArray>
#include <QString>
#include <optional>

#include "core/protocol/engine.h"
#include "core/protocol/training.h"

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

 private:
  std::optional<QByteArray> get(const QString& path);
  std::optional<QByteArray> change(const QByteArray& method, const QString& path,
                                   const QByteArray& body);
  QByteArray metrics(const QString& id) const;
};
