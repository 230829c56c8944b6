// SPDX-License-Identifier: GPL-3.0-or-later
// The real window, in German, for tests that use it as a person does: real events through
// QQuickWindow, things found by what they are called. The window can be quit and opened again over
// the same HOME.
#pragma once

#include <QQmlApplicationEngine>
#include <QQuickItem>
#include <QQuickWindow>
#include <QTemporaryDir>
#include <functional>
#include <memory>

#include "app/app_context.h"
#include "app/chat/chat_store.h"
#include "app/engine/engine_state.h"
#include "app/settings/app_settings.h"
#include "tests/support/fake_engine.h"

class TestWindow {
 public:
  explicit TestWindow(const QString& language = QStringLiteral("de"));
  ~TestWindow();

  FakeEngine fake;  // attached to when program is empty
  // Opens the window, 1000 x 640 unless it remembers another size, as far as the screen has room.
  void open(const QString& program = QString());
  // The window's end as when it is closed; what it remembers stays in HOME.
  void close();

  QString home() const { return m_folder.path(); }
  AppContext* context() { return m_context.get(); }
  EngineState* engine() { return m_context->engine(); }
  ChatStore* chats() { return m_context->chats(); }
  QQuickWindow* window() { return m_window; }
  const QStringList& warnings() const { return m_warnings; }

  // wish: JavaScript, e.g. "{run: 'a'}".
  void go(const QString& page, const QString& wish = QStringLiteral("null"));
  QQuickItem* page(const QString& name);
  QStringList pageNames();

  using Test = std::function<bool(QQuickItem*)>;
  // Visible ones, in the order of the picture; in popups too when below is null.
  QList<QQuickItem*> all(const Test& test, QQuickItem* below = nullptr);
  // By objectName, label, text or title; null when none is visible.
  QQuickItem* named(const QString& name, QQuickItem* below = nullptr);
  // Does a visible text contain this?
  bool shows(const QString& text, QQuickItem* below = nullptr);

  void click(QQuickItem* item);
  // notches > 0: away from the user, which scrolls up.
  void wheel(QQuickItem* item, int notches);
  void type(const QString& text);
  void replaceText(QQuickItem* field, const QString& text);
  void key(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier);
  void drop(const QString& file);
  // With GREYLAG_SCREENSHOTS=DIR: DIR/NAME.png, in GREYLAG_THEME.
  void shoot(const QString& name);

 private:
  QTemporaryDir m_folder;
  QString m_language;
  std::unique_ptr<AppContext> m_context;
  std::unique_ptr<QQmlApplicationEngine> m_qml;
  QQuickWindow* m_window = nullptr;
  QStringList m_warnings;
};

// Style, platform and plugin; use as the whole main of a test.
int runWindowTest(QObject* test, int argc, char* argv[]);
