// SPDX-License-Identifier: GPL-3.0-or-later
// The download queue: from the catalogue, or from a link with its SHA-256.
#include <QRegularExpression>

#include "app/models/model_library.h"

using greylag::Result;
using greylag::protocol::DownloadRequest;
using greylag::protocol::DownloadStatus;

void ModelLibrary::handleDownload(const DownloadStatus& status) {
  const DownloadStatus* before = m_downloads.find(QString::fromStdString(status.id));
  const std::string old = before != nullptr ? before->state : std::string();
  m_downloads.upsert(status);
  m_catalogue.joinDownloads(m_downloads);
  emit countsChanged();
  if (status.state == old) return;
  const QString name = QString::fromStdString(status.name.empty() ? status.file_name : status.name);
  if (status.state == "done") {
    emit finished(tr("%1 is downloaded and verified").arg(name));
    refresh();
  } else if (status.state == "failed") {
    emit failed(tr("%1: %2").arg(name, QString::fromStdString(status.error)));
  }
}

void ModelLibrary::download(const QString& catalogueId) {
  if (!isReady()) return;
  DownloadRequest request;
  request.catalogue_id = catalogueId.toStdString();
  m_engine->client()
      ->post(QStringLiteral("/engine/downloads"), request)
      ->as<DownloadStatus>(this, [this](const Result<DownloadStatus>& status) {
        if (!status.ok()) return emit failed(QString::fromStdString(status.error().message));
        handleDownload(status.value());
      });
}

void ModelLibrary::downloadLink(const QString& url, const QString& sha256, const QString& fileName,
                                const QStringList& mirrors) {
  if (!isReady() || !linkProblem(url, sha256, fileName).isEmpty()) return;
  DownloadRequest request;
  request.url = url.trimmed().toStdString();
  request.sha256 = sha256.trimmed().toLower().toStdString();
  request.file_name = fileName.trimmed().toStdString();
  for (const QString& mirror : mirrors) request.mirrors.push_back(mirror.toStdString());
  m_engine->client()
      ->post(QStringLiteral("/engine/downloads"), request)
      ->as<DownloadStatus>(this, [this](const Result<DownloadStatus>& status) {
        if (!status.ok()) return emit failed(QString::fromStdString(status.error().message));
        handleDownload(status.value());
      });
}

QString ModelLibrary::linkProblem(const QString& url, const QString& sha256,
                                  const QString& fileName) const {
  const QUrl link(url.trimmed(), QUrl::StrictMode);
  if (url.trimmed().isEmpty()) return tr("Paste the link to the file.");
  const bool isWeb =
      link.scheme() == QLatin1String("https") || link.scheme() == QLatin1String("http");
  if (!link.isValid() || !isWeb || link.host().isEmpty()) {
    return tr("The link must begin with https:// or http:// and name a server.");
  }
  static const QRegularExpression hash(QStringLiteral("^[0-9a-fA-F]{64}$"));
  const QString digits = sha256.trimmed();
  if (!digits.isEmpty() && !hash.match(digits).hasMatch()) {
    return tr(
        "The SHA-256 has 64 digits 0-9 and a-f. The page that offers the file usually shows it.");
  }
  const QString name = fileName.trimmed();
  static const QRegularExpression separator(QStringLiteral("[/\\\\:*?\"<>|]"));
  if (name.isEmpty() || name.startsWith(QLatin1Char('.')) || name.contains(separator)) {
    return tr("The file name must not be empty, begin with a dot or hold / \\ : * ? \" < > |.");
  }
  return {};
}

QString ModelLibrary::fileNameOf(const QString& url) const {
  return QUrl(url.trimmed(), QUrl::StrictMode).fileName();
}

void ModelLibrary::controlDownload(const QString& id, const QString& word) {
  if (!isReady()) return;
  const QString path =
      QStringLiteral("/engine/downloads/") + EngineClient::idPath(id) + QLatin1Char('/') + word;
  m_engine->client()->post(path)->as<DownloadStatus>(
      this, [this](const Result<DownloadStatus>& status) {
        if (!status.ok()) return emit failed(QString::fromStdString(status.error().message));
        handleDownload(status.value());
      });
}
