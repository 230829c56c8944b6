// SPDX-License-Identifier: GPL-3.0-or-later
// What is behind the Models page: the lists of installed models, adapters, catalogue and downloads,
// kept true by the engine's events, and every action on them. GUI thread only.
#pragma once

#include <QObject>
#include <QPointer>
#include <QStringList>
#include <QUrl>
#include <QVariantList>

#include "app/engine/engine_state.h"
#include "app/models/adapter_list_model.h"
#include "app/models/catalogue_model.h"
#include "app/models/download_list_model.h"
#include "app/models/model_list_model.h"

class ModelLibrary : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(EngineState* engine READ engine WRITE setEngine NOTIFY engineChanged)
  Q_PROPERTY(QAbstractItemModel* models READ models CONSTANT)
  Q_PROPERTY(QAbstractItemModel* adapters READ adapters CONSTANT)
  Q_PROPERTY(QAbstractItemModel* catalogue READ catalogue CONSTANT)
  Q_PROPERTY(QAbstractItemModel* downloads READ downloads CONSTANT)
  Q_PROPERTY(int modelCount READ modelCount NOTIFY countsChanged)
  Q_PROPERTY(int adapterCount READ adapterCount NOTIFY countsChanged)
  Q_PROPERTY(int catalogueCount READ catalogueCount NOTIFY countsChanged)
  Q_PROPERTY(int downloadCount READ downloadCount NOTIFY countsChanged)
  Q_PROPERTY(bool isLoaded READ isLoaded NOTIFY countsChanged)
  Q_PROPERTY(QString diskText READ diskText NOTIFY countsChanged)
  // The copy under way; importName is empty when there is none. Progress below 0: size unknown.
  Q_PROPERTY(QString importName READ importName NOTIFY importChanged)
  Q_PROPERTY(double importProgress READ importProgress NOTIFY importChanged)
  Q_PROPERTY(QString importDetail READ importDetail NOTIFY importChanged)
  // The file looked at: rows {label, value}; its problem in one sentence.
  Q_PROPERTY(QString inspectedName READ inspectedName NOTIFY inspected)
  Q_PROPERTY(QVariantList inspection READ inspection NOTIFY inspected)
  Q_PROPERTY(QString inspectionProblem READ inspectionProblem NOTIFY inspected)

 public:
  explicit ModelLibrary(QObject* parent = nullptr);

  EngineState* engine() const { return m_engine; }
  void setEngine(EngineState* engine);
  ModelListModel* models() { return &m_models; }
  AdapterListModel* adapters() { return &m_adapters; }
  CatalogueModel* catalogue() { return &m_catalogue; }
  DownloadListModel* downloads() { return &m_downloads; }
  int modelCount() const { return m_models.rowCount(); }
  int adapterCount() const { return m_adapters.rowCount(); }
  int catalogueCount() const { return m_catalogue.rowCount(); }
  int downloadCount() const { return m_downloads.rowCount(); }
  bool isLoaded() const { return m_isLoaded; }
  QString diskText() const;
  QString importName() const;
  double importProgress() const;
  QString importDetail() const;
  QString inspectedName() const { return m_inspectedName; }
  QVariantList inspection() const { return m_inspection; }
  QString inspectionProblem() const { return m_inspectionProblem; }

  Q_INVOKABLE void refresh();
  // Copied one after the other; anything but local files is refused with a message.
  Q_INVOKABLE void importFiles(const QList<QUrl>& files);
  Q_INVOKABLE void inspectFile(const QUrl& file);
  Q_INVOKABLE void inspectModel(const QString& id);
  Q_INVOKABLE void load(const QString& id);
  Q_INVOKABLE void unload(const QString& id);
  Q_INVOKABLE void remove(const QString& id);
  Q_INVOKABLE void removeAdapter(const QString& id);
  // Of a LoRA that does not say what it was trained with.
  Q_INVOKABLE void setAlpha(const QString& adapterId, double alpha);
  // What deleting it means, for the dialog: space regained and what stops working.
  Q_INVOKABLE QString removalText(const QString& id) const;
  Q_INVOKABLE QString adapterRemovalText(const QString& id) const;
  Q_INVOKABLE void download(const QString& catalogueId);
  // sha256 may be empty: the host must state it then. mirrors: other links to the same file.
  Q_INVOKABLE void downloadLink(const QString& url, const QString& sha256, const QString& fileName,
                                const QStringList& mirrors = {});
  // Why these three cannot be used yet, one sentence; empty when they can.
  Q_INVOKABLE QString linkProblem(const QString& url, const QString& sha256,
                                  const QString& fileName) const;
  Q_INVOKABLE QString fileNameOf(const QString& url) const;
  // word: "pause" | "resume" | "cancel"
  Q_INVOKABLE void controlDownload(const QString& id, const QString& word);

  // One engine event; public for tests.
  void handleEvent(const QString& type, const QByteArray& json);
  void setAdapters(const greylag::protocol::AdapterList& list);

 signals:
  void engineChanged();
  void countsChanged();
  void importChanged();
  void inspected();
  // To be shown to the user: something went wrong, or something was finished.
  void failed(const QString& message);
  void finished(const QString& message);

 private:
  bool isReady() const { return m_engine && m_engine->isConnected(); }
  void showMachine();
  void fetchAdapters();
  void fetchCatalogue();
  void startImport();
  void handleImport(const greylag::protocol::ImportStatus& status);
  void handleDownload(const greylag::protocol::DownloadStatus& status);
  void inspectPath(const QString& path, const QString& name);
  void showInspection(const greylag::protocol::ModelStatus& status);
  void postModel(const QString& id, const QString& word);

  QPointer<EngineState> m_engine;
  ModelListModel m_models;
  AdapterListModel m_adapters;
  CatalogueModel m_catalogue;
  DownloadListModel m_downloads;
  bool m_isLoaded = false;
  QStringList m_imports;  // paths; the first is being copied
  greylag::protocol::ImportStatus m_import;
  QString m_inspectedName, m_inspectionProblem;
  QVariantList m_inspection;
};
