// SPDX-License-Identifier: GPL-3.0-or-later
// What more is there on Hugging Face? A search by words, then the model files of one repository,
// and their download into the library. A newer question drops the one before. GUI thread only.
#pragma once

#include <QObject>
#include <QPointer>
#include <QString>
#include <QVariantList>

#include "app/engine/engine_state.h"
#include "app/models/model_library.h"
#include "core/protocol/engine.h"

class HubSearchSession : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(ModelLibrary* library READ library WRITE setLibrary NOTIFY libraryChanged)
  Q_PROPERTY(bool isBusy READ isBusy NOTIFY changed)
  Q_PROPERTY(QString problem READ problem NOTIFY changed)
  // Something was asked and answered; then an empty list means that nothing was found.
  Q_PROPERTY(bool hasAnswer READ hasAnswer NOTIFY changed)
  // {repositoryId, detail}
  Q_PROPERTY(QVariantList repositories READ repositories NOTIFY changed)
  // The opened one, OWNER/NAME, and its files {fileName, path, sizeText, state: "" | "installed" |
  // "queued"}; empty when none is open.
  Q_PROPERTY(QString repository READ repository NOTIFY changed)
  Q_PROPERTY(QVariantList files READ files NOTIFY changed)

 public:
  explicit HubSearchSession(QObject* parent = nullptr) : QObject(parent) {}

  ModelLibrary* library() const { return m_library; }
  void setLibrary(ModelLibrary* library);
  bool isBusy() const { return m_isBusy; }
  QString problem() const { return m_problem; }
  bool hasAnswer() const { return m_hasAnswer; }
  QVariantList repositories() const;
  QString repository() const { return QString::fromStdString(m_files.repository); }
  QVariantList files() const;

  // Words, OWNER/NAME, or a link to a repository; the last two open it.
  Q_INVOKABLE void search(const QString& text);
  Q_INVOKABLE void open(const QString& repository);
  // Back to the repositories that were found.
  Q_INVOKABLE void close();
  Q_INVOKABLE void download(const QString& path);

  // "https://huggingface.co/a/b/tree/main" and "a/b" -> "a/b"; empty for words.
  static QString repositoryOf(const QString& text);

 signals:
  void libraryChanged();
  void changed();

 private:
  // Asks /engine/hub; the answer to an older question is dropped.
  template <typename T>
  void ask(const char* key, const QString& value, void (HubSearchSession::*show)(const T&));
  void showRepositories(const greylag::protocol::HubRepositoryList& list);
  void showFiles(const greylag::protocol::HubFileList& list);

  QPointer<ModelLibrary> m_library;
  QPointer<EngineCall> m_call;
  int m_question = 0;  // counts; the newest alone is answered
  bool m_isBusy = false;
  QString m_problem;
  bool m_hasAnswer = false;
  greylag::protocol::HubRepositoryList m_repositories;
  greylag::protocol::HubFileList m_files;
};
