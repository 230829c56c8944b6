// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/models/hub_search_session.h"

#include <QLocale>
#include <QRegularExpression>
#include <QUrl>
#include <algorithm>

#include "app/models/figures.h"

using greylag::Result;
using greylag::protocol::HubFile;
using greylag::protocol::HubFileList;
using greylag::protocol::HubRepository;
using greylag::protocol::HubRepositoryList;

void HubSearchSession::setLibrary(ModelLibrary* library) {
  if (m_library == library) return;
  if (m_library) disconnect(m_library, nullptr, this, nullptr);
  m_library = library;
  // A download that starts or ends changes what a file's row offers.
  if (m_library) connect(m_library, &ModelLibrary::countsChanged, this, &HubSearchSession::changed);
  emit libraryChanged();
}

QString HubSearchSession::repositoryOf(const QString& text) {
  QString name = text.trimmed();
  const QUrl link(name, QUrl::StrictMode);
  if (link.scheme().startsWith(QLatin1String("http"))) {
    const QStringList parts = link.path().split(QLatin1Char('/'), Qt::SkipEmptyParts);
    if (parts.size() < 2) return {};
    name = parts[0] + QLatin1Char('/') + parts[1];
  }
  static const QRegularExpression repository(QStringLiteral("^[\\w.-]+/[\\w.-]+$"));
  return repository.match(name).hasMatch() ? name : QString();
}

template <typename T>
void HubSearchSession::ask(const char* key, const QString& value,
                           void (HubSearchSession::*show)(const T&)) {
  EngineState* engine = m_library ? m_library->engine() : nullptr;
  if (engine == nullptr || !engine->isConnected()) return;
  m_isBusy = true;
  m_problem.clear();
  const QString encoded = QString::fromLatin1(QUrl::toPercentEncoding(value));
  const int question = ++m_question;
  if (m_call) m_call->abort();  // the engine asks the hosts no longer
  m_call =
      engine->client()->get(QStringLiteral("/engine/hub?%1=%2").arg(QLatin1String(key), encoded));
  m_call->as<T>(this, [this, show, question](const Result<T>& answer) {
    if (question != m_question) return;
    m_isBusy = false;
    if (answer.ok()) {
      (this->*show)(answer.value());
    } else {
      m_problem = QString::fromStdString(answer.error().message);
    }
    emit changed();
  });
  emit changed();
}

void HubSearchSession::search(const QString& text) {
  if (text.trimmed().isEmpty()) return;
  const QString repository = repositoryOf(text);
  if (!repository.isEmpty()) return open(repository);
  m_files = {};
  ask("words", text.trimmed(), &HubSearchSession::showRepositories);
}

void HubSearchSession::open(const QString& repository) {
  ask("repository", repository, &HubSearchSession::showFiles);
}

void HubSearchSession::close() {
  ++m_question;
  if (m_call) m_call->abort();
  m_isBusy = false;
  m_problem.clear();
  m_files = {};
  emit changed();
}

void HubSearchSession::showRepositories(const HubRepositoryList& list) {
  m_repositories = list;
  m_hasAnswer = true;
}

void HubSearchSession::showFiles(const HubFileList& list) { m_files = list; }

QVariantList HubSearchSession::repositories() const {
  QVariantList rows;
  for (const HubRepository& row : m_repositories.repositories) {
    const QString detail = tr("%1 downloads, %2 likes")
                               .arg(QLocale().toString(static_cast<qlonglong>(row.downloads)),
                                    QLocale().toString(static_cast<qlonglong>(row.likes)));
    rows.append(QVariantMap{{"repositoryId", QString::fromStdString(row.id)}, {"detail", detail}});
  }
  return rows;
}

QVariantList HubSearchSession::files() const {
  QVariantList rows;
  for (const HubFile& file : m_files.files) {
    const QString download =
        m_library ? m_library->downloads()->stateOfFile(file.file_name) : QString();
    const bool isQueued =
        download == QLatin1String("queued") || download == QLatin1String("running") ||
        download == QLatin1String("paused") || download == QLatin1String("verifying");
    const bool isInstalled = file.is_installed || download == QLatin1String("done");
    rows.append(QVariantMap{{"fileName", QString::fromStdString(file.file_name)},
                            {"path", QString::fromStdString(file.path)},
                            {"sizeText", sizeText(file.size_bytes)},
                            {"state", isQueued      ? "queued"
                                      : isInstalled ? "installed"
                                                    : ""}});
  }
  return rows;
}

void HubSearchSession::download(const QString& path) {
  const auto& files = m_files.files;
  const auto file = std::find_if(files.begin(), files.end(), [&](const HubFile& row) {
    return row.path == path.toStdString();
  });
  if (file == files.end() || !m_library) return;
  QStringList mirrors;
  for (const std::string& mirror : file->mirrors) mirrors.append(QString::fromStdString(mirror));
  m_library->downloadLink(QString::fromStdString(file->url), QString(),
                          QString::fromStdString(file->file_name), mirrors);
}
