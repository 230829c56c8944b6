// SPDX-License-Identifier: GPL-3.0-or-later
// What does every page look like with real data in it? Visits pages one after another, waits until
// the engine has answered, writes NAME.png, quits. Used by `greylag --screenshot DIR`.
#pragma once

#include <QObject>
#include <QStringList>
#include <QTimer>

class EngineState;
class QQmlApplicationEngine;

// Navigates to a page; an empty name changes nothing.
void showPage(QQmlApplicationEngine* engine, const QString& page);

class Screenshots : public QObject {
  Q_OBJECT

 public:
  // page empty: all pages.
  Screenshots(QQmlApplicationEngine* engine, EngineState* state, const QString& folder,
              const QString& page);

 private:
  void visitNext();
  void grab();

  QQmlApplicationEngine* m_engine;
  EngineState* m_state;
  QString m_folder;
  QStringList m_left;
  QString m_current;
  QTimer m_settle;
};
