// SPDX-License-Identifier: GPL-3.0-or-later
// Is our own greylag-engine process alive, and what did it say last? Starts the executable beside
// the app, reads the handshake line, restarts it with back-off when it dies, gives up after
// kMaxCrashes crashes within a minute. Where another program holds the port that the user chose,
// any free one serves. The engine ends when its stdin closes. GUI thread only.
#pragma once

#include <QElapsedTimer>
#include <QList>
#include <QObject>
#include <QProcess>
#include <QTimer>
#include <optional>

#include "core/base/home.h"
#include "core/protocol/engine.h"

class EngineProcess : public QObject {
  Q_OBJECT

 public:
  static constexpr int kMaxCrashes = 5;
  static constexpr int kCrashWindowMs = 60'000;

  // program empty: greylag-engine beside the app.
  EngineProcess(greylag::Home home, const QString& program, QObject* parent = nullptr);
  ~EngineProcess() override;

  // The engine that another window or a terminal started for this HOME, when that very process
  // lives.
  std::optional<greylag::protocol::Handshake> liveRecord() const;

  // Starts the process; forgets earlier crashes.
  void start();
  // Closes its stdin and waits at most three seconds.
  void stop();
  bool isRunning() const { return m_process != nullptr; }
  // The last lines of stderr, oldest first.
  QString stderrTail() const { return m_stderrTail; }
  // The port that the user chose (HOME/engine.json).
  int configuredPort() const;
  // The chosen port when another program held it at the last start, and any free one was taken
  // instead; else 0.
  int takenPort() const { return m_takenPort; }

 signals:
  void ready(const greylag::protocol::Handshake& handshake);
  // The process ended without being asked to; it starts again in delayMs.
  void restarting(int delayMs);
  // It will not be started again; the sentence is for the user.
  void gaveUp(const QString& reason);

 private:
  void launch();
  void readHandshake();
  void readStderr();
  void handleEnd(const QString& reason);
  QString lastError() const;

  greylag::Home m_home;
  QString m_program;
  QProcess* m_process = nullptr;
  QByteArray m_stdout;
  QString m_stderrTail;
  bool m_hasHandshake = false;
  int m_takenPort = 0;
  QElapsedTimer m_clock;
  QList<qint64> m_crashTimes;
  QTimer m_restartTimer;
};
