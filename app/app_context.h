// SPDX-License-Identifier: GPL-3.0-or-later
// Which long-lived objects does the window share? main creates one AppContext and hands it to the
// QML engine; QML singletons find theirs here, so that nothing is global and a test can build its
// own. GUI thread only.
#pragma once

#include <QObject>
#include <QQmlEngine>
#include <memory>

#include "core/base/home.h"

class AppSettings;
class ChatStore;
class EngineState;
class QTranslator;

class AppContext : public QObject {
  Q_OBJECT

 public:
  // engineProgram empty: greylag-engine beside the app.
  AppContext(const greylag::Home& home, const QString& engineProgram);
  ~AppContext() override;

  // Makes this the context of a QML engine: singletons, icons, import path, no network from QML,
  // live change of language.
  void install(QQmlEngine* engine);
  // The context that was installed in an engine. Never null for the engines of this program.
  static AppContext* of(QQmlEngine* engine);

  EngineState* engine() { return m_engine.get(); }
  AppSettings* settings() { return m_settings.get(); }
  // Null until openChats() worked.
  ChatStore* chats() { return m_chats.get(); }
  greylag::Status openChats();
  const greylag::Home& home() const { return m_home; }

  // For static create() functions of QML singletons: C++ keeps the object.
  template <typename T>
  T* shared(T* object) {
    QJSEngine::setObjectOwnership(object, QJSEngine::CppOwnership);
    return object;
  }

 private:
  void applyLanguage();

  greylag::Home m_home;
  std::unique_ptr<AppSettings> m_settings;
  std::unique_ptr<ChatStore> m_chats;
  std::unique_ptr<EngineState> m_engine;
  std::unique_ptr<QTranslator> m_appTexts;
  std::unique_ptr<QTranslator> m_qtTexts;
  QQmlEngine* m_qml = nullptr;
};
